"""Reporting: telemetry, observers and channels."""
