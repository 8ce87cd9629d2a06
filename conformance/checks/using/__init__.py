"""Using the engine: calls of its functions, triggers of its types.

Mistakes here make no noise. The engine drops a route that it cannot read, an unknown trigger type
waits for ever for its provider, and a caller that gave the wrong member gets an error that it may
not look at.
"""
