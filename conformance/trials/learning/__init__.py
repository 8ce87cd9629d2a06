"""Learning what a worker's functions want and do, before they are judged.

What invokes functions comes last; everything before it is pure.

complaints   what messages tell about the data that a function wants
guesses      likely values of a field, by its name
following    data changed as a complaint suggests
wording      messages without what differs by chance
exceptions   which errors are programming mistakes
learner      which data is tried next with one function
parts        which function plays which part
knowledge    what was learned of a worker, as plain data

relays       functions that wait for calls of their own
registrars   functions that register something, and take it back
stalls       functions that keep the worker from answering
firing       functions that make a trigger of the worker's own type fire
session      the shell: invokes the functions of a live worker
"""
