"""Shutting down: how a worker reacts to a signal, at every stage of its life."""
