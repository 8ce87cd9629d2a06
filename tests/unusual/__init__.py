"""Correct workers of unusual habits: none of them may fail a MUST."""
