"""``python -m tests.unusual NAME`` runs one of the unusual workers."""

from __future__ import annotations

import sys

from tests.mutants.worker import main
from tests.unusual import UNUSUAL

main(UNUSUAL[sys.argv[1]])
