"""Configuration files: both forms, variables, and complaints that name the line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mock_engine.config import ConfigError, Door, default_path, load, parse
from mock_engine.core.grants import Policy

ROOT = Path(__file__).parent.parent.parent


def test_the_default_configuration_is_read_whole() -> None:
    config = load(default_path())

    assert config.doors == (Door("127.0.0.1", 49134),)
    (rest,) = config.modules
    assert rest.name == "iii-http"
    assert rest.options["port"] == 3111
    assert rest.options["default_timeout"] == 300000
    assert rest.options["concurrency_request_limit"] == 2048
    assert rest.options["cors"]["allowed_methods"] == ["GET", "POST", "PUT", "DELETE", "OPTIONS"]


def test_the_current_form_names_workers_and_may_have_several_listeners() -> None:
    text = """
workers:
  - name: iii-worker-manager
    config: {host: 127.0.0.1, port: 1}
  - name: iii-worker-manager
    config: {port: 2, rbac: {auth_function_id: a::b}}
  - name: iii-state
"""

    config = parse(text, "f", {})

    assert config.doors == (Door("127.0.0.1", 1), Door("127.0.0.1", 2, Policy("a::b")))
    assert [module.name for module in config.modules] == ["iii-state"]


def test_variables_are_filled_in_with_their_types() -> None:
    rest = "modules:\n  - class: modules::api::RestApiModule\n    config:\n      host: ${HOST}\n"
    text = f"port: ${{PORT:5}}\n{rest}"

    config = parse(text, "f", {"HOST": "localhost"})

    assert config.doors[0].port == 5
    assert config.modules[0].options["host"] == "localhost"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("port: 80x", r"f:1: `port` is '80x'; expected a whole number"),
        ("port: 99999", r"f:1: `port` is 99999; expected a whole number at least 0 at most 65535"),
        ("prot: 1", r"f:1: .*`prot` is unknown; did you mean `port`"),
        ("port: 1\nport: 2", r"f:2: the key `port` stands twice"),
        ("port: ${NOPE}", r"f:1: the variable NOPE is not set"),
        ("modules:\n  - class: modules::api::RestApiModul", r"f:2: .*did you mean `modules::api"),
        ("modules:\n  - clas: x", r"f:2: .*did you mean `class`"),
        ("modules:\n  - config: {}", r"f:2: a module needs `class`"),
        ("modules: 5", r"f:1: a list is expected"),
        (
            "workers:\n  - name: iii-http\n    config:\n      defualt_timeout: 5",
            r"f:4: .*`default_t",
        ),
        ("workers:\n  - name: iii-http\n    config:\n      cors: {origins: []}", r"f:4: .*unknown"),
        ("modules: []\nworkers: []", r"f:2: give either"),
        ("[]", r"f:1: the configuration is expected to be a mapping"),
        ("a: b: c", r"f:1: no YAML"),
        ("workers:\n  - name: iii-http\n    config: {port: true}", r"f:3: `port` is True"),
    ],
)
def test_a_complaint_names_the_line_and_the_remedy(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse(text, "f", {})


def test_an_empty_file_is_an_engine_with_its_defaults() -> None:
    assert parse("", "f", {}).doors == (Door("127.0.0.1", 49134),)


def run(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mock_engine", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    with run("--port", "0", "--http-port", "0") as engine:
        assert engine.stdout is not None
        line, other = engine.stdout.readline(), engine.stdout.readline()
        os.kill(engine.pid, number)
        engine.communicate(timeout=20)

    assert re.fullmatch(r"ready ws://127\.0\.0\.1:\d+\n", line)
    assert re.fullmatch(r"iii-http http://[\d.]+:\d+\n", other)
    assert engine.returncode == 0


def test_a_bad_configuration_ends_the_command_with_code_2(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("prot: 1\n")

    with run("--config", str(file)) as engine:
        _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert f"error: {file}:1: " in told


def test_a_missing_configuration_ends_the_command_with_code_2(tmp_path: Path) -> None:
    with run("--config", str(tmp_path / "none.yaml")) as engine:
        _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert "No such file" in told


def test_a_taken_port_ends_the_command_with_code_2_and_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with run("--port", port, "--http-port", "0") as engine:
            _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert f"127.0.0.1:{port}" in told
    assert "--port" in told


def test_ports_can_be_moved_and_hosts_be_kept_to_this_machine() -> None:
    text = "port: 1\nmodules:\n  - class: modules::api::RestApiModule\n    config: {host: 0.0.0.0}"

    moved = parse(text, "f", {}).moved({"iii-worker-manager": 7, "iii-http": 8})

    assert moved.doors == (Door("127.0.0.1", 7),)
    assert moved.modules[0].options == {"host": "0.0.0.0", "port": 8}
    assert moved.local().modules[0].options["host"] == "127.0.0.1"
