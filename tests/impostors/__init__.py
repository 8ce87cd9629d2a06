"""Processes that are no workers: none of them may pass a MUST that it cannot have shown."""
