"""``python -m reference_workers``: one command that starts and stops the agent system."""

from __future__ import annotations

import sys

from reference_workers.system.commands import main

if __name__ == "__main__":
    sys.exit(main())
