"""Mutants that handle invocations wrongly."""
