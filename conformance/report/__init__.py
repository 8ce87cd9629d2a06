"""How verdicts are shown: on a terminal, as data, as pages, as a badge."""
