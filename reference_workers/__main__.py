"""``python -m reference_workers``: the agent system, started and stopped by one command."""

from __future__ import annotations

import sys

from reference_workers.system.commands import main

if __name__ == "__main__":
    sys.exit(main())
