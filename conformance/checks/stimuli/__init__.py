"""The trials that several checks use, one module for each family, and what they share.

A trial that only one check uses is in the module of that check.
"""
