"""Engines as subjects: scripts that are played to an engine, and what recorded ones answered.

A *probe* is a script: open connections, send frames, call over HTTP. A *recording* is what an
engine sent back, step by step, with names for all that another run would draw anew. An engine is
judged by playing probes to it and comparing what comes with the recordings.
"""
