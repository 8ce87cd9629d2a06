"""Registering: functions, trigger types and triggers."""
