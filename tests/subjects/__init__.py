"""Workers as their authors write them: on the official SDKs, with functions of their own alone.

Each has the shape of a deployed system: state, calls of other functions, HTTP routes. `--bug NAME`
plants one mistake, of a kind that nobody notices until it costs something.

notes     Python
notes.mjs Node
"""
