"""Forms of text that several rooms look for."""

from __future__ import annotations

import re

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A UUID in its usual form, in any case. The engine compares ids without regard to case."""
