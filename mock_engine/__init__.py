"""A standalone iii engine for development and tests."""

import logging

# A library logs nothing unless its user asks for it.
logging.getLogger("mock_engine").addHandler(logging.NullHandler())
