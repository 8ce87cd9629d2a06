"""Framing: the engine can read what a worker sends, and the worker survives any it gets."""
