"""The example in the documentation is a worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.reference_workers.recording import asynchronous, engine, serving
from tests.reference_workers.services import services

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference-workers.md"


def example(language: str, name: str) -> dict[str, Any]:
    """A module made of the only example in this language."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    module: dict[str, Any] = {"__name__": name}
    exec(code, module)
    return module


def test_the_example_of_a_service_keeps_what_fits() -> None:
    with services(example("python service", "notes")["offer"]) as there:
        kept = there.call("notes::keep", name="a", text="Hello")
        assert kept == {"kept": "a"}
        assert there.engine.invoke("state::get", {"scope": "notes", "key": "a"}) == "Hello"
        assert there.refusal("notes::keep", name="a")[0] == "invalid_request"


@asynchronous
async def test_the_example_serves() -> None:
    module = example("python", "greetings")

    async with engine() as there, serving(there.url, module["offer"]):
        link = await there.ready()
        greeted = await link.ask("greetings::greet", {"name": "Ada"})
        refused = await link.ask("greetings::greet", None)

        assert greeted["result"] == {"greeting": "Hello, Ada"}
        assert refused["error"]["code"] == "invalid_request"
        assert [m["trigger_type"] for m in link.messages if m["type"] == "registertrigger"] == [
            "cron"
        ]
