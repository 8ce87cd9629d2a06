"""Forms of text that several rooms look for."""

from __future__ import annotations

import re

from mock_engine.ids import UUID_PATTERN

UUID = re.compile(UUID_PATTERN, re.IGNORECASE)
"""A UUID in its usual form, in any case. The engine compares ids without regard to case."""
