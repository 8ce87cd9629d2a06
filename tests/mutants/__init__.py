"""Small wrong workers, at least one for each requirement with a check.

There is a module, or a package, for each phase of a worker's life, with the name of the phase.
"""
