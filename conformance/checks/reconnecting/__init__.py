"""Reconnecting: coming back after every loss, as the worker that one was."""
