"""Trials on which several checks rest, one module a family, and what they share.

A trial on which a single check rests stands beside it.
"""
