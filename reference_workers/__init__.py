"""Reference workers: the passing baseline of the suite, and examples to copy from."""
