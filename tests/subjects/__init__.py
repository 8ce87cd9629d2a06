"""Workers as their authors write them: on the official SDKs, with only their own functions.

Each has the shape of a deployed system: state, calls of other functions, HTTP routes. `--bug NAME`
plants one mistake, of a kind that is noticed only when it causes damage.

notes     Python
notes.mjs Node
"""
