"""Using the engine: calls of its functions, triggers of its types.

Mistakes here go unnoticed. The engine drops a route that it cannot read, a trigger of an unknown
type waits for ever for its provider, and a caller that gave the wrong member gets an error that it
may not check.
"""
