"""Engines as subjects: scripts that are played to an engine, and recorded answers to them.

A *probe* is a script: open connections, send frames, call over HTTP. A *recording* is what an
engine sent back, step by step, with names for everything that another run would generate anew. An
engine is judged by playing probes to it and comparing its answers with the recordings.
"""
