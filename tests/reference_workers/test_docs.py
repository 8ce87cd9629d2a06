"""The example in the documentation is a worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.reference_workers.recording import asynchronous, engine, serving

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference-workers.md"


@asynchronous
async def test_the_example_serves() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module: dict[str, Any] = {"__name__": "greetings"}
    exec(example, module)

    async with engine() as there, serving(there.url, module["offer"]):
        link = await there.ready()
        greeted = await link.ask("greetings::greet", {"name": "Ada"})
        refused = await link.ask("greetings::greet", None)

        assert greeted["result"] == {"greeting": "Hello, Ada"}
        assert refused["error"]["code"] == "invalid_request"
        assert [m["trigger_type"] for m in link.messages if m["type"] == "registertrigger"] == [
            "cron"
        ]
