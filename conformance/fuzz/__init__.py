"""Fuzzing: invocations that nobody thought of, and how a worker handles them."""
