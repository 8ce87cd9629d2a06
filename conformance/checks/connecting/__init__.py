"""Connecting: from the start of the process to an open WebSocket."""
