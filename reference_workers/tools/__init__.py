"""``python -m reference_workers.tools``: tools for agents, each a function with a format."""
