"""Names that every part of the core uses."""

DEFAULT = "default"
"""The namespace of workers that do not name one."""

ENGINE = 0
"""The peer number of the engine itself, which owns the built-in functions and trigger types."""
