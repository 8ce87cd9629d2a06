"""Programs that compare several sides in one run and print ratios. No test asserts a time."""
