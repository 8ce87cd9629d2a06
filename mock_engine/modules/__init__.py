"""The modules of the engine, one file each."""
