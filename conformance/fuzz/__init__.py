"""Fuzzing: invocations that nobody thought of, and what a worker makes of them."""
