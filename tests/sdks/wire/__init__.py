"""Workers with the functions that the stored wire transcripts were recorded with, on each SDK.

What they offer is `test::echo`, `fail`, `slow`, `caller` and so on, as each SDK could express it.
Two variables choose between the programs that were recorded: `WIRE_UNHANDLED` leaves signals to
the runtime, and `WIRE_LATE` registers something after a second and takes it back a second later.
"""
