"""Reconnecting: coming back after every loss, as the same worker."""
