"""The command of the package; its docstring is the help."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.sdks.definitions import node, python, rust
from tests.sdks.definitions.comparing import unknown

FOLDER = Path(__file__).parent
SDKS = {"node": node, "python": python, "rust": rust}
"""The SDKs by language, each with the module that reads it."""


def main(names: list[str]) -> int:
    """Write down what releases define, or compare the newest ones. Exit code 1 on a difference."""
    for name in names:
        language, _, version = name.partition("-")
        sdk = SDKS[language]
        definitions = sdk.messages(sdk.published(version)[1])
        text = json.dumps(definitions, indent=1, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(f"{text}\n", "utf-8")
    if names:
        return 0
    return max(_compared(language) for language in SDKS)


def _compared(language: str) -> int:
    """Compare the newest release of an SDK, and report the differences."""
    sdk = SDKS[language]
    version, source = sdk.published(None)
    found = list(unknown(sdk.messages(source), version))
    print(f"{language} {version}: {len(found)} differences from the schemas")
    for difference in found:
        print(f"  {difference}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
