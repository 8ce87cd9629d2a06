"""Mutants that do not come back from a loss of their connection as the worker that they were."""
