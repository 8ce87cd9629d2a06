"""The loop of a fuzzing campaign, its oracles, triage and shrinking, and what is kept of it."""
