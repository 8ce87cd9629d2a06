from __future__ import annotations

import http.server
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from reference_workers.tools import __main__ as tools
from reference_workers.tools.arithmetic import evaluate
from tests.reference_workers.services import Services, services

PLAIN: tuple[tuple[str, Any, Any], ...] = (
    ("math::evaluate", {"expression": "(2 + 3) * sqrt(16)"}, {"value": 20}),
    ("text::statistics", {"text": "a cup\nof tea"}, {"characters": 12, "words": 4, "lines": 2}),
    (
        "text::search",
        {"text": "Tea\ncoffee\ntea", "query": "tea", "ignore_case": True},
        {"matches": [{"line": 1, "text": "Tea"}, {"line": 3, "text": "tea"}], "count": 2},
    ),
    ("json::query", {"value": {"a/b": [1, {"~": 2}]}, "pointer": "/a~1b/1/~0"}, {"value": 2}),
    (
        "time::difference",
        {"first": "2026-01-01", "last": "2026-01-02T12:00:00"},
        {"seconds": 129600},
    ),
    ("encoding::encode", {"text": "tea"}, {"base64": "dGVh"}),
    ("encoding::decode", {"base64": "dGVh"}, {"text": "tea"}),
    ("csv::parse", {"text": 'a,"b,c"\n1,2\n'}, {"rows": [["a", "b,c"], ["1", "2"]], "count": 2}),
    (
        "hash::digest",
        {"text": "", "algorithm": "md5"},
        {"digest": "d41d8cd98f00b204e9800998ecf8427e"},
    ),
)
REFUSED: tuple[tuple[str, Any, str], ...] = (
    ("math::evaluate", {"expression": "__import__('os')"}, "math_error"),
    ("math::evaluate", {"expression": "1/0"}, "math_error"),
    ("json::query", {"value": {}, "pointer": "/a"}, "not_found"),
    ("json::query", {"value": {}, "pointer": "a"}, "invalid_request"),
    ("time::now", {"zone": "Nowhere/Land"}, "invalid_request"),
    ("time::difference", {"first": "x", "last": "y"}, "invalid_request"),
    ("encoding::decode", {"base64": "!"}, "invalid_request"),
    ("web::fetch", {"url": "http://127.0.0.1:1/"}, "forbidden"),
    ("web::fetch", {"url": "file:///etc/passwd"}, "invalid_request"),
    ("shell::exec", {"command": ["sh", "-c", "date"]}, "forbidden"),
    ("shell::exec", {"command": []}, "invalid_request"),
    ("file::read", {"path": "none.txt"}, "not_found"),
    ("tool::call", {"name": "tool::list"}, "not_found"),
    ("tool::call", {"name": "state::set", "arguments": {}}, "not_found"),
)


@pytest.mark.parametrize(("tool", "arguments", "result"), PLAIN)
def test_a_tool_does_what_it_says(tool: str, arguments: Any, result: Any) -> None:
    with services(tools.offer) as there:
        assert there.call(tool, arguments) == result


@pytest.mark.parametrize(("tool", "arguments", "code"), REFUSED)
def test_a_tool_refuses_with_a_code(tool: str, arguments: Any, code: str) -> None:
    with services(tools.offer) as there:
        assert there.refusal(tool, arguments)[0] == code


def test_tools_are_listed_with_their_formats_and_called_by_name() -> None:
    with services(tools.offer) as there:
        there.engine.serve("plain::function", lambda data: data)
        listed = there.call("tool::list", {})["tools"]
        called = there.call("tool::call", name="math::evaluate", arguments={"expression": "6*7"})

    names = [tool["name"] for tool in listed]
    assert len(names) >= 12
    assert names == sorted(names)
    assert not {"tool::call", "tool::list", "plain::function"} & set(names)
    assert all(tool["parameters"]["type"] == "object" and tool["description"] for tool in listed)
    assert called == {"result": {"value": 42}, "untrusted": False}


def test_the_clock_tells_the_zone_that_is_asked_for() -> None:
    with services(tools.offer) as there:
        assert there.call("time::now", {})["time"].endswith("+00:00")
        assert there.call("time::now", zone="Asia/Kolkata")["time"].endswith("+05:30")


# -- files ---------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setenv("TOOLS_ROOT", str(tmp_path / "root"))
    return tmp_path / "root"


def test_files_are_written_read_and_listed(root: Path) -> None:
    with services(tools.offer) as there:
        written = there.call("file::write", path="notes/a.txt", text="Hallo, Welt\n")
        assert written == {"path": "notes/a.txt", "bytes": 12}
        assert there.call("file::read", path="notes/a.txt") == {"text": "Hallo, Welt\n"}
        assert there.call("file::list", {})["entries"] == [{"name": "notes", "kind": "folder"}]
        assert there.call("file::list", path="notes")["entries"] == [
            {"name": "a.txt", "kind": "file"}
        ]
        there.call("file::write", path="notes/a.txt", text="")
    assert (root / "notes" / "a.txt").read_bytes() == b""


@pytest.mark.parametrize(
    "path", ["../secret.txt", "/etc/passwd", "a/../../secret.txt", "link", "folder/secret.txt"]
)
def test_no_path_leads_out(path: str, root: Path) -> None:
    root.mkdir()
    (root / "link").symlink_to(root.parent / "secret.txt")
    (root / "folder").symlink_to(root.parent)
    with services(tools.offer) as there:
        assert there.refusal("file::read", path=path)[0] == "forbidden"
        assert there.refusal("file::write", path=path, text="x")[0] == "forbidden"
    assert (root.parent / "secret.txt").read_text() == "secret"


@pytest.mark.parametrize("path", ["a\x00b", "x" * 900, "."])
def test_a_path_that_is_none_is_refused(path: str, root: Path) -> None:
    with services(tools.offer) as there:
        assert there.refusal("file::write", path=path, text="x")[0] in (
            *("invalid_request", "file_error"),
        )


def test_a_pipe_keeps_nobody_waiting(root: Path) -> None:
    root.mkdir()
    os.mkfifo(root / "pipe")
    with services(tools.offer) as there:
        assert there.call("file::read", path="pipe") == {"text": ""}


# -- the web -------------------------------------------------------------------------------------


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        away = "/loop" if self.path == "/loop" else self.path.partition("?to=")[2]
        self.send_response(302 if away else 200)
        if away:
            self.send_header("location", away)
        self.end_headers()
        if not away:
            self.wfile.write(b"a page " * (100_000 if self.path == "/long" else 1))

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Any:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    place = f"127.0.0.1:{server.server_port}"
    monkeypatch.setenv("TOOLS_WEB_ALLOW", f"other.example, {place}")
    yield f"http://{place}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_page_of_the_list_is_fetched_and_said_to_be_untrusted(web: str) -> None:
    with services(tools.offer) as there:
        page = there.call("web::fetch", url=f"{web}/a?to={web}/b")
        assert page == {"status": 200, "text": "a page ", "url": f"{web}/b"}
        assert len(there.call("web::fetch", url=f"{web}/long")["text"]) == 200_000
        called = there.call("tool::call", name="web::fetch", arguments={"url": web})
        assert called["untrusted"] is True


def test_a_redirect_does_not_lead_off_the_list(web: str) -> None:
    with services(tools.offer) as there:
        away = f"{web}/a?to=http://127.0.0.1:1/"
        assert there.refusal("web::fetch", url=away)[0] == "forbidden"
        assert there.refusal("web::fetch", url=f"{web}/loop")[0] == "fetch_failed"
        assert there.refusal("web::fetch", url=f"http://localhost.{web[7:]}")[0] == "forbidden"


# -- programs ------------------------------------------------------------------------------------


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLS_SHELL_ALLOW", f"{sys.executable}, none-such")
    monkeypatch.setenv("SECRET", "s3cret")


def python(there: Services, code: str, **more: Any) -> Any:
    return there.call("shell::exec", command=[sys.executable, "-c", code], **more)


@pytest.mark.usefixtures("shell")
def test_a_program_of_the_list_runs_without_a_shell() -> None:
    with services(tools.offer) as there:
        echo = "import sys; print(sys.stdin.read() + '$HOME'); sys.exit(3)"
        done = python(there, echo, stdin="tea ")
        assert done == {"exit_code": 3, "stdout": "tea $HOME\n", "stderr": ""}
        told = python(there, "import os; print(os.environ.get('SECRET'))")
        assert told["stdout"] == "None\n"
        assert there.refusal("shell::exec", command=["none-such"])[0] == "exec_failed"


@pytest.mark.usefixtures("shell")
def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reference_workers.tools.shell.SECONDS", 0.05)
    with services(tools.offer) as there:
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        assert there.refusal("shell::exec", command=command)[0] == "TIMEOUT"


# -- arithmetic ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("6 * 7", 42),
        ("-2 ** 2", -4),
        ("7 // 2 + 7 % 2", 4),
        ("1 / 4", 0.25),
        ("max(1, pi)", 3.14159),
    ],
)
def test_arithmetic(expression: str, value: float) -> None:
    assert evaluate(expression) == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "a", "1 +", "().__class__", "[1]", "'a' * 9", "True + 1", "1 if 1 else 2", "f(1)"),
        *("9 ** 9999", "2 ** 999 ** 2", "10 ** 301", "-1 ** 0.5 * 1j", "(-8) ** 0.5", "sqrt(-1)"),
        *("-" * 100 + "1", "round(1, 2, 3)", "9" * 5000),
    ],
)
def test_what_is_no_arithmetic_has_no_value(expression: str) -> None:
    with pytest.raises((ValueError, ArithmeticError, TypeError)):
        evaluate(expression)
