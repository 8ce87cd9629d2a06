"""Workers that pass: the baseline of the suite, and examples to copy from."""
