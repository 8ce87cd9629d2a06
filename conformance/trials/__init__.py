"""How a worker is tested: stimuli, deadlines, and the harness in which they run."""
