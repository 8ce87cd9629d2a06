"""Mutants that do not recover correctly from the loss of their connection."""
