"""``python -m tests.mutants NAME`` runs one mutant; ``Worker`` is the correct worker.

``--unprepared`` runs it in the form of a ``Shop``, which has no well-known function.
"""

from __future__ import annotations

import sys

from tests.mutants.every import MUTANTS
from tests.mutants.unprepared import Shop, unprepared
from tests.mutants.worker import Worker, main

name, *options = sys.argv[1:] or [""]
if name in ("Worker", "Shop"):
    main(Shop if name == "Shop" else Worker)
elif name in MUTANTS:
    mutant = MUTANTS[name]
    main((unprepared(mutant) if "--unprepared" in options else None) or mutant.worker)
else:
    sys.exit(f"no mutant {name!r}; there are: {', '.join(sorted(MUTANTS))}")
