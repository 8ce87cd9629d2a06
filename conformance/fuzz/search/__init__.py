"""Which input comes next."""
