"""Learning what a worker's functions want and do, before they are judged.

Everything here but ``session`` is pure.

complaints   what messages tell about the data that a function wants
guesses      likely values of a field, by its name
following    data changed as a complaint suggests
wording      messages without what differs by chance
exceptions   which errors are programming mistakes
learner      which data is tried next with one function
parts        which function plays which part
knowledge    what was learned of a worker, as plain data
session      the shell: invokes the functions of a live worker
"""
