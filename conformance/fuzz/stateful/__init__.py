"""Random life cycles ("lives"): a rule-based state machine of Hypothesis drives a live worker.

model      what must be true of a worker, as plain data
life       the shell: one worker on one harness, behind calls that block
machine    the rules, and the search for the shortest schedule that breaks something
"""
