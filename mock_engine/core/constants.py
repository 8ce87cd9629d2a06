"""Names that every part of the core uses."""

DEFAULT = "default"
"""The namespace of workers that name none."""

ENGINE = 0
"""The number of the engine itself, as the owner of what every engine has."""
