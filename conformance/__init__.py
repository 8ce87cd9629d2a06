"""Judges whether a worker is a correct citizen of the iii engine."""
