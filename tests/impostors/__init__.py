"""Processes that are not workers: none of them may pass a MUST that it cannot have shown."""
