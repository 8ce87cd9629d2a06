"""Scenarios: conversations, written or recorded, that can be played with any worker.

patterns   what a worker's frame must look like; templates are what is sent to it
steps      a scenario as data
reading    from a document to a scenario, checked to the last key
play       the state machine: events in, moves out; no socket, no clock
driver  the shell that makes the moves on a harness
"""
