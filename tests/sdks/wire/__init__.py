"""Workers with the functions that the stored wire transcripts were recorded with, on each SDK.

They register `test::echo`, `fail`, `slow`, `caller` and so on, as each SDK can express it. Two
variables choose between the recorded programs: `WIRE_UNHANDLED` leaves signals to the runtime, and
`WIRE_LATE` registers something after a second and removes it a second later.
"""
