"""A standalone iii engine for development and tests; it knows nothing of tests."""

import logging

# What the engine logs is for whoever asks for it, not for the terminal of every program around it.
logging.getLogger("mock_engine").addHandler(logging.NullHandler())
