"""Configuration files: both forms, variables, and errors that name the line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mock_engine.config import ConfigError, ListenAddress, default_path, load, parse
from mock_engine.core.grants import Policy

ROOT = Path(__file__).parent.parent.parent


def test_the_default_configuration_is_read_whole() -> None:
    config = load(default_path())

    assert config.addresses == (ListenAddress("127.0.0.1", 49134),)
    rest, *others = config.modules
    assert rest.name == "iii-http"
    assert rest.options["port"] == 3111
    assert rest.options["default_timeout"] == 300000
    assert rest.options["concurrency_request_limit"] == 2048
    assert rest.options["cors"]["allowed_methods"] == ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    assert {module.name for module in others} == {
        "iii-state",
        "iii-stream",
        "iii-queue",
        "iii-pubsub",
        "iii-cron",
        "iii-observability",
    }


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

    guarded = ListenAddress("127.0.0.1", 2, Policy("a::b"))
    assert config.addresses == (ListenAddress("127.0.0.1", 1), guarded)
    assert [module.name for module in config.modules] == ["iii-state"]


def test_variables_are_filled_in_with_their_types() -> None:
    rest = "modules:\n  - class: modules::api::RestApiModule\n    config:\n      host: ${HOST}\n"
    text = f"port: ${{PORT:5}}\n{rest}"

    config = parse(text, "f", {"HOST": "localhost"})

    assert config.addresses[0].port == 5
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


def module(name: str, config: str) -> str:
    return f"workers:\n  - name: {name}\n    config:\n      {config}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            module("iii-state", "adapter: {name: bridge}"),
            r"f:4: `name` is 'bridge': this engine has only the adapters kv, redis",
        ),
        (
            module("iii-queue", "adapter: {class: modules::queue::RabbitMQAdapter}"),
            r"f:4: `class` is .*: this engine has only the adapters builtin, redis",
        ),
        (
            module("iii-queue", "adapter: {config: {amqp_url: x}}"),
            r"f:4: `amqp_url` is an option of the iii engine: this engine has only",
        ),
        (module("iii-cron", "adapter: {name: kvv}"), r"f:4: `name` is 'kvv'; expected one of kv"),
        (
            module("iii-queue", "queue_configs: {a: {type: lifo}}"),
            r"f:4: `type` is 'lifo'; expected one of standard, fifo",
        ),
        (
            module("iii-queue", "queue_configs: {a: {concurency: 1}}"),
            r"f:4: in a the key `concurency` is unknown; did you mean `concurrency`",
        ),
        (
            module("iii-queue", "queue_configs: {a: {type: fifo}}"),
            r"f:4: the queue `a` of type fifo needs `message_group_field`",
        ),
        (module("iii-queue", "queue_configs: [a]"), r"f:4: `queue_configs` .*expected a mapping"),
        (module("iii-http", "middleware: [{priority: 1}]"), r"f:4: .*needs `function_id`"),
        (
            module("iii-http", "middleware: [a::b]"),
            r"f:4: an entry of middleware is expected to be",
        ),
        (module("iii-http", "middleware: [{function_id: a, phase: x}]"), r"one of preHandler"),
        (module("iii-http", "cors: {allowed_origins: [5]}"), r"f:4: .* is 5; expected text"),
        (module("iii-observability", "alerts: [{name: a}]"), r"f:4: .*needs `metric`"),
        (module("iii-observability", "sampling: {rules: [{service: a}]}"), r"f:4: .*needs `rate`"),
        (module("iii-exec", "exec: [x]"), r"f:2: iii-exec is a module .* start the processes"),
        ("modules:\n  - class: modules::bridge_client::BridgeClientModule", r"f:2: .*that this"),
        ("features: [observe.v9]", r"f:1: the feature `observe.v9` is unknown; did you mean"),
        ("features: observe.v1", r"f:1: `features` is 'observe.v1'; expected a list"),
    ],
)
def test_what_this_engine_lacks_is_refused_with_what_would_do(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        parse(text, "f", {})


def test_an_option_without_a_value_is_as_if_it_were_absent() -> None:
    text = module("iii-worker-manager", "{port: , host: , rbac: }")

    assert parse(text, "f", {}).addresses == (ListenAddress(),)


def test_features_are_told_once() -> None:
    text = "features: [observe.v1, large-messages.v1, observe.v1]"

    assert parse(text, "f", {}).features == ("observe.v1", "large-messages.v1")


def test_the_deployed_configuration_of_an_older_engine_starts_as_it_is() -> None:
    text = """
port: 49134
modules:
  - class: modules::api::RestApiModule
    config: {port: 3111, host: 0.0.0.0, default_timeout: 30000, concurrency_request_limit: 1024,
      cors: {allowed_origins: ["*"], allowed_methods: [GET, POST]}}
  - class: modules::state::StateModule
    config: {adapter: {class: modules::state::adapters::KvStore,
      config: {store_method: file_based, file_path: ./data/state.db}}}
  - class: modules::stream::StreamModule
    config: {port: 3112, host: 0.0.0.0, adapter: {class: modules::stream::adapters::KvStore,
      config: {store_method: file_based, file_path: ./data/stream}}}
  - class: modules::queue::QueueModule
    config: {adapter: {class: modules::queue::BuiltinQueueAdapter}}
  - class: modules::pubsub::PubSubModule
    config: {adapter: {class: modules::pubsub::LocalAdapter}}
  - class: modules::cron::CronModule
    config: {adapter: {class: modules::cron::KvCronAdapter}}
  - class: modules::kv_server::KvServer
    config: {store_method: file_based, file_path: ./data/kv, save_interval_ms: 5000}
  - class: modules::observability::OtelModule
    config: {enabled: true, exporter: memory, metrics_enabled: true, logs_enabled: true,
      alerts: [{name: a, metric: iii.invocations.error, threshold: 10, operator: ">",
        window_seconds: 60, enabled: true, action: {type: log}}]}
"""

    config = parse(text, "f", {})

    assert len(config.modules) == 8


def test_an_empty_file_is_an_engine_with_its_defaults() -> None:
    assert parse("", "f", {}).addresses == (ListenAddress("127.0.0.1", 49134),)


def run(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mock_engine", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_says_where_it_listens_and_ends_cleanly(number: signal.Signals) -> None:
    with run("--port", "0", "--http-port", "0", "--stream-port", "0") as engine:
        assert engine.stdout is not None
        line, other, _, modules = (engine.stdout.readline() for _ in range(4))
        os.kill(engine.pid, number)
        engine.communicate(timeout=20)

    assert re.fullmatch(r"ready ws://127\.0\.0\.1:\d+\n", line)
    assert re.fullmatch(r"iii-http http://[\d.]+:\d+\n", other)
    assert {"iii-state", "iii-queue", "iii-observability"} <= set(modules.rstrip().split(", "))
    assert engine.returncode == 0


def test_a_bad_configuration_ends_the_command_with_code_2(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("prot: 1\n")

    with run("--config", str(file)) as engine:
        _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert f"error: {file}:1: " in told


def test_an_unknown_feature_ends_the_command_with_code_2() -> None:
    with run("--features", "observe.v1,nope.v1", "--port", "0") as engine:
        _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert "nope.v1" in told


def test_a_missing_configuration_ends_the_command_with_code_2(tmp_path: Path) -> None:
    with run("--config", str(tmp_path / "none.yaml")) as engine:
        _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert "No such file" in told


def test_a_taken_port_ends_the_command_with_code_2_and_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with run("--port", port, "--http-port", "0", "--stream-port", "0") as engine:
            _, told = engine.communicate(timeout=20)

    assert engine.returncode == 2
    assert f"127.0.0.1:{port}" in told
    assert "--port" in told


def test_ports_can_be_moved_and_hosts_be_kept_to_this_machine() -> None:
    text = "port: 1\nmodules:\n  - class: modules::api::RestApiModule\n    config: {host: 0.0.0.0}"

    moved = parse(text, "f", {}).moved({"iii-worker-manager": 7, "iii-http": 8})

    assert moved.addresses == (ListenAddress("127.0.0.1", 7),)
    assert moved.modules[0].options == {"host": "0.0.0.0", "port": 8}
    assert moved.local().modules[0].options["host"] == "127.0.0.1"


EXAMPLE = """\
workers:
  - name: iii-exec
    config: {exec: [npm run dev]}
  - name: iii-state
    config:
      adapter: {name: bridge, config: {bridge_url: "ws://there"}}
      max_value_bytes: 5
  - name: iii-queue
    config:
      adapter: {name: rabbitmq, config: {amqp_url: "amqp://there"}}
      queue_configs: {a: {max_priority: 3, concurrency: 2}}
  - name: iii-bridge
"""


def test_a_lenient_reader_leaves_out_what_this_engine_lacks_and_says_so() -> None:
    with pytest.raises(ConfigError, match="--lenient leaves it out"):
        parse(EXAMPLE, "f", {})

    config = parse(EXAMPLE, "f", {}, lenient=True)

    assert [module.name for module in config.modules] == ["iii-state", "iii-queue"]
    assert config.modules[0].options == {"adapter": {"config": {}}, "max_value_bytes": 5}
    assert config.modules[1].options["queue_configs"] == {"a": {"concurrency": 2}}
    assert [text.partition(": left out: ")[0] for text in config.warnings] == [
        "f:2",
        "f:6",
        "f:6",
        "f:10",
        "f:10",
        "f:11",
        "f:12",
    ]


def test_a_lenient_reader_still_refuses_what_nobody_knows() -> None:
    with pytest.raises(ConfigError, match="`iii-exe` is unknown"):
        parse("workers: [{name: iii-exe}]", "f", {}, lenient=True)


def test_one_host_is_for_every_port() -> None:
    names = ("iii-worker-manager", "iii-http", "iii-stream", "iii-state")
    text = "workers:\n" + "".join(f"  - name: {name}\n" for name in names)
    config = parse(text, "f", {}).on("127.0.0.7")

    assert [address.host for address in config.addresses] == ["127.0.0.7"]
    hosts = {module.name: module.options.get("host") for module in config.modules}
    assert hosts == {"iii-http": "127.0.0.7", "iii-stream": "127.0.0.7", "iii-state": None}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_every_port_of_a_running_engine_is_on_the_host() -> None:
    ports = ("--port", "0", "--http-port", "0", "--stream-port", "0")
    command = [sys.executable, "-m", "mock_engine", "--quiet", "--host", "127.0.0.3", *ports]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(2)]
        process.terminate()

    assert all("://127.0.0.3:" in line for line in lines), lines


@pytest.mark.parametrize("version", ["0.2", "0.99", "new", ""])
def test_a_release_that_is_not_known_is_refused(version: str) -> None:
    command = [sys.executable, "-m", "mock_engine", "--engine-version", version]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 2
    assert "--engine-version" in ended.stderr
