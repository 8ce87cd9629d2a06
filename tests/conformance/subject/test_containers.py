"""Workers in containers, on a real daemon: the same verdicts, clear errors, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.judging.session import Judgement
from conformance.requirements.verdict import Outcome
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.subject.container import WorkerContainer, ending, exit_code, unstartable
from conformance.subject.daemon import OWNER, DockerDaemon
from conformance.subject.image import Image
from conformance.subject.place import Start
from conformance.subject.route import Network
from conformance.trials.trial import CHECKS
from tests.conformance.subject.images import BINARY, daemon, go_worker, imported, unavailable
from tests.judging import judged

OF_A_PROCESS = {"RDY-005"}
"""Requirements that need a command: nobody closes the output of a container."""
ENTRY = f'ENTRYPOINT ["{BINARY}"]'


@pytest.fixture(scope="module")
def docker() -> DockerDaemon:
    return daemon()


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_worker(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def image(docker: DockerDaemon, binary: Path) -> str:
    return imported(docker, "conformance-go", {BINARY: binary.read_bytes()}, ENTRY)


@pytest.fixture(autouse=True)
def _nothing_left(docker: DockerDaemon) -> Iterator[None]:
    yield
    mine = f"/{os.getpid()}/"
    found = docker.client.containers.list(all=True, ignore_removed=True, filters={"label": OWNER})
    assert [each.name for each in found if mine in each.labels[OWNER]] == []


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_image_gets_the_verdicts_of_its_command(image: str, binary: Path) -> None:
    contained = judged(Settings(Image(image), default_port=None), CHECKS)
    commanded = judged(Settings(Command.parse(str(binary)), default_port=None), CHECKS)

    there = {v.requirement.id: v.outcome for v in contained}
    here = {v.requirement.id: v.outcome for v in commanded}
    assert {there.pop(each) for each in OF_A_PROCESS} == {Outcome.NOT_VERIFIED}
    assert there == {each: outcome for each, outcome in here.items() if each in there}
    assert not {Outcome.FAILED, Outcome.WARNING} & {*there.values(), *here.values()}


def test_arguments_variables_output_and_exit_code(image: str) -> None:
    async def run(text: str, also: dict[str, str]) -> tuple[WorkerContainer, str]:
        place = await Image(text).place()
        started = await place.start(Start(1, lambda: 0.0, (), also))
        assert isinstance(started, WorkerContainer)
        await started.exited.wait()
        told = "\n".join(started.output.tail(20))
        await started.kill()
        return started, told

    ended, told = asyncio.run(run(f"{image} 'no {{port}} address'", {}))
    assert (ended.exit_code, ended.running) == (2, False)
    assert 'not "no 1 address"' in told
    assert "III_URL" not in os.environ


def test_signals_reach_the_worker_and_a_kill_removes_it(image: str) -> None:
    async def run() -> tuple[int | None, int | None, tuple[str, ...], tuple[str, ...]]:
        place = await Image(image).place()
        engine = place.bind(place.listens_on, 0)
        engine.listen()
        engine.setblocking(False)
        port = engine.getsockname()[1]
        first = await place.start(Start(port, lambda: 0.0))
        dialled, _ = await asyncio.get_running_loop().sock_accept(engine)
        dialled.close()
        before = await first.remaining(0)
        first.send_signal(signal.SIGTERM)
        await first.exited.wait()
        after = await first.remaining(0)
        await first.kill()
        second = await place.start(Start(port, lambda: 0.0))
        await second.kill()
        engine.close()
        return first.exit_code, second.exit_code, before, after

    stopped, killed, before, after = asyncio.run(run())
    assert (stopped, killed) == (0, -signal.SIGKILL)
    assert [re.sub(r"\d+", "N", line) for line in before] == [f"{BINARY} (pid N)"]
    assert after == ()


def test_a_container_that_does_not_stop_is_told_with_what_runs_in_it(
    docker: DockerDaemon, binary: Path
) -> None:
    """The classic mistake: a shell as first process, which does not forward signals."""
    busybox = Path("/bin/busybox")
    if not busybox.exists():
        unavailable("no static busybox (`apt-get install busybox-static`) for an image's shell")
    files = {BINARY: binary.read_bytes(), "/bin/sh": busybox.read_bytes()}
    shell = imported(
        docker, "conformance-shell", files, 'ENTRYPOINT ["/bin/sh", "-c", "/worker; :"]'
    )

    (verdict,) = judged(Settings(Image(shell), default_port=None, timeout_factor=0.3), ["SHD-001"])

    assert verdict.outcome is Outcome.FAILED
    assert "/worker (pid" in verdict.finding.seen
    assert "give ENTRYPOINT as a list" in verdict.finding.remedy


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (('ENTRYPOINT ["/missing"]',), "the first word of its ENTRYPOINT or CMD must be a file"),
        ((), "give the image an ENTRYPOINT or a CMD"),
        (('ENTRYPOINT ["/text"]',), "exec format error"),
    ],
    ids=["missing", "none", "no program"],
)
def test_an_image_that_cannot_start_is_a_usage_error(
    docker: DockerDaemon, changes: tuple[str, ...], told: str
) -> None:
    wrong = imported(docker, "conformance-wrong", {"/text": b"no program"}, *changes)
    judgement = Judgement(Settings(Image(wrong), default_port=None))

    with pytest.raises(UsageError, match=told):
        judgement.start()
    judgement.stop()


def test_an_image_that_is_nowhere_and_a_network_that_is_none(
    docker: DockerDaemon, image: str
) -> None:
    with pytest.raises(UsageError, match=r"'127\.0\.0\.1:1/nothing' is neither here"):
        Image("127.0.0.1:1/nothing")
    with pytest.raises(UsageError, match=r"no network 'nowhere'; the daemon has: .*host"):
        Image(image, "nowhere")


def test_on_a_network_of_its_own_it_reaches_the_engine_at_the_gateway(
    docker: DockerDaemon, image: str
) -> None:
    try:
        network = docker.client.networks.create(f"conformance-{os.getpid()}")
    except Exception as fault:
        pytest.skip(f"this daemon can make no network: {fault}")
    try:
        subject = Image(image, network.name)
        verdicts = judged(Settings(subject, default_port=None), ["CON-006", "REC-004", "SHD-002"])
    finally:
        network.remove()

    assert {v.outcome for v in verdicts} == {Outcome.PASSED}
    assert subject.route.network == network.name
    assert subject.route.listens_on not in ("127.0.0.1", "0.0.0.0")


def test_a_gateway_that_is_elsewhere_is_a_usage_error(
    docker: DockerDaemon, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DockerDaemon, "network", lambda _, name: Network(name, "192.0.2.1"))

    with pytest.raises(UsageError, match=r"no engine can listen there: 192\.0\.2\.1:0: Cannot"):
        Image(image, "far")


def test_usage_errors_end_with_code_4(tmp_path: Path, image: str) -> None:
    missing = pytest_in(tmp_path, "--worker-image=127.0.0.1:1/nothing")
    both = pytest_in(tmp_path, f"--worker-image={image}", "--worker-cmd=true")

    assert (missing.returncode, both.returncode) == (4, 4)
    assert "neither here nor can it be pulled" in missing.stderr
    assert "exclude each other" in both.stderr
    assert "Traceback" not in missing.stderr + both.stderr


def test_no_daemon_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    told = pytest_in(tmp_path, "--worker-image=me/worker:1")

    assert told.returncode == 4
    assert "no Docker daemon answers" in told.stderr
    assert "No such file or directory" in told.stderr


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers.core.docker_client", None)

    with pytest.raises(UsageError, match=r"pip install 'iii-conformance\[containers\]'"):
        DockerDaemon()


def test_it_works_under_xdist_and_repeats_its_command(tmp_path: Path, image: str) -> None:
    told = pytest_in(
        tmp_path, "-n", "2", f"--worker-image={image}", "--requirement=SHD-00[123]",
        "--worker-env=III_WORKER_NAME=contained",
    )  # fmt: skip

    assert told.returncode == 0, told.stdout
    assert ", 3 passed," in told.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_container(
    tmp_path: Path, image: str, docker: DockerDaemon, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "pytest", f"--worker-image={image}", "-p", "no:cacheprovider"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    filters = {"label": OWNER, "event": "start"}
    for event in docker.client.events(decode=True, filters=filters):
        if f"/{running.pid}/" in event["Actor"]["Attributes"][OWNER]:
            break
    running.send_signal(number)
    running.wait()

    left = docker.client.containers.list(all=True, ignore_removed=True, filters={"label": OWNER})
    assert not [each for each in left if f"/{running.pid}/" in each.labels[OWNER]]


def test_containers_of_a_run_that_was_killed_are_removed_by_the_next(
    docker: DockerDaemon, image: str
) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    host = docker.labels[OWNER].partition("/")[0]
    stale = docker.client.containers.create(image, labels={OWNER: f"{host}/{gone.pid}/1.00"})
    foreign = docker.client.containers.create(image, labels={OWNER: f"elsewhere/{gone.pid}/1.00"})

    Image(image)

    left = {each.id for each in docker.client.containers.list(all=True, ignore_removed=True)}
    foreign.remove()
    assert stale.id not in left
    assert foreign.id in left


def test_how_a_container_ended() -> None:
    assert (exit_code(0), exit_code(3), exit_code(137), exit_code(255)) == (0, 3, -9, 255)
    assert "out of memory" in ending({"OOMKilled": True})
    assert ending({"OOMKilled": False, "Error": ""}) == ""
    assert "architecture" in unstartable("x", RuntimeError("exec format error"))
    assert "chmod" in unstartable("x", RuntimeError("permission denied: unknown"))
