"""Handling: what becomes of invocations."""
