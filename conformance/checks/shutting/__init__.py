"""Shutting down: what a signal does to a worker, in every stage of its life."""
