"""``python -m tests.mutants NAME`` runs one mutant; ``Worker`` is the unbroken one."""

from __future__ import annotations

import sys

from tests.mutants import MUTANTS
from tests.mutants.worker import Worker, main

name = sys.argv[1] if len(sys.argv) > 1 else ""
if name == "Worker":
    main(Worker)
elif name in MUTANTS:
    main(MUTANTS[name].worker)
else:
    sys.exit(f"no mutant {name!r}; there are: {', '.join(sorted(MUTANTS))}")
