"""Handling: how a worker handles invocations."""
