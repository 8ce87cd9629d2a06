"""The agent system as its page shows it: the commands work, the diagram matches a recording."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_engine.testing import LocalEngine
from reference_workers.system.roster import ROSTER
from tests.docs.page import DOCS, snippets
from tests.reference_workers.diagram import ANSWERED, arrows, chat, drawn, names, on_an_engine

PAGE = "agent-system.md"
TEXT = (DOCS / PAGE).read_text("utf-8")
PORT = "http://127.0.0.1:3111"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEngine]:
    pytest.importorskip("wasmtime", reason="the extra `agents` is not installed")
    with on_an_engine(tmp_path_factory.mktemp("agents")) as engine:
        yield engine


def test_the_diagram_is_what_happens(engine: LocalEngine) -> None:
    answer, events = chat(engine)

    assert answer["choices"][0]["message"]["content"] == ANSWERED
    (diagram,) = snippets(PAGE, "mermaid")
    assert drawn(arrows(events, names(engine))) == diagram


def test_the_commands_of_curl_answer(engine: LocalEngine) -> None:
    found = [snippet for snippet in snippets(PAGE, "sh") if snippet.startswith("curl")]
    assert len(found) == 3
    answers = []
    for snippet in found:
        command = ["sh", "-c", snippet.replace(PORT, engine.http_url)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout)

    assert json.loads(answers[0])["choices"][0]["message"]["content"] == ANSWERED
    assert answers[1].endswith("data: [DONE]\n\n")
    assert "agent:default" in answers[2]


def test_the_official_client_answers(engine: LocalEngine) -> None:
    pytest.importorskip("openai", reason="the extra `agents` is not installed")
    (snippet,) = snippets(PAGE, "python")
    command = [sys.executable, "-c", snippet.replace(PORT, engine.http_url)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (0, f"{ANSWERED}\n{ANSWERED}"), done.stderr


def test_the_page_has_every_function(engine: LocalEngine) -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| `") and "::" in line]
    told = {row.split("`")[1]: row for row in rows}
    assert set(told) == set(ROSTER)
    listed = engine.invoke("engine::functions::list", {})["functions"]
    for row in listed:
        tool = (row.get("metadata") or {}).get("tool")
        if row["worker_name"] in told and not tool and not row["function_id"].startswith("confor"):
            action = row["function_id"].partition("::")[2]
            assert action in told[row["worker_name"]] or action.startswith("http_")
    tools = [row for row in listed if row["worker_name"] == "tools" and row.get("metadata")]
    assert f"and {len(tools)} tools" in told["tools"]


def test_the_page_is_found_from_the_others() -> None:
    assert f"({PAGE})" in Path(DOCS / "reference-workers.md").read_text("utf-8")
