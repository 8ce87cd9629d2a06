"""Whether the engine lasts: many workers, viewers and requests at once, for long, and kills.

    python -m benchmarks.endurance load --calls 1000000     or --minutes 60
    python -m benchmarks.endurance kills --times 100

``load`` keeps calls in flight between many workers, sends HTTP requests through one of them at a
fixed rate, and changes a stream that many follow, all at the same time. Every answer is compared
with what was asked; every viewer must get every change, in order. Exit code 1 when an answer, a
response or a change was lost or wrong, or when the engine's memory grew.

``kills`` writes to an engine that keeps its state in a file, kills it with SIGKILL on the way, and
starts it again. Exit code 1 when a write that was acknowledged is not there.
"""
