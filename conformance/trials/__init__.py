"""How a worker is put to the proof: stimuli, deadlines, and the harness in which they run."""
