"""The loop of a fuzzing campaign, its oracles, triage and shrinking, and what it keeps."""
