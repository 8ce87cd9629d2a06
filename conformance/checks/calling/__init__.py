"""Calling: the worker as a caller of other functions."""
