"""A standalone iii engine for development and tests; it knows nothing of tests."""
