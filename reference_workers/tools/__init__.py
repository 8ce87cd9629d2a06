"""``python -m reference_workers.tools``: what agents can do, each tool a function with a format."""
