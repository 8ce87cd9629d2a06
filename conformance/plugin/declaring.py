"""The declarations of the pytest plugin's options, with the help that users read.

Every pytest run imports this module wherever the package is installed, so it imports nothing of the
suite.
"""

from __future__ import annotations

from typing import Any, Protocol

GROUP = "iii worker conformance"


class Group(Protocol):
    """A group of options, of pytest's parser or of an ``argparse`` parser."""

    def addoption(self, *names: str, **attributes: Any) -> None:
        """Add an option."""


class Groups(Protocol):
    """A parser to which options are added."""

    def getgroup(self, name: str, description: str = "") -> Group:
        """The group of options under a heading."""
        ...


def add(parser: Groups) -> None:
    """Declare the options."""
    group = parser.getgroup("iii-conformance", GROUP)
    _add_subject(group)
    _add_judging(group)
    _add_reporting(group)
    _add_scenarios(group)
    _add_fuzzing(group)
    _add_engine(group)


def _add_engine(group: Group) -> None:
    group.addoption(
        "--engine-cmd",
        metavar="COMMAND",
        default=None,
        help="judge the engine that this command starts; {config} in it becomes the path of the "
        "configuration that the engine is to use; with --worker-cmd: judge the worker under it",
    )
    group.addoption(
        "--engine-url",
        metavar="[NAME=]URL",
        action="append",
        default=[],
        help="judge an engine that runs already: the address of its port for workers, and of its "
        "other ports as in http=http://127.0.0.1:3111 (rbac, http, stream); may be repeated",
    )
    group.addoption(
        "--engine-profile",
        metavar="NAME",
        choices=("main", "bare", "tight", "guarded"),
        default=None,
        help="which of the suite's configurations the engine of --engine-url has (default: main)",
    )
    group.addoption(
        "--engine-recordings",
        metavar="DIR",
        default=None,
        help="compare with these recordings, of another engine, and not with the suite's",
    )
    group.addoption(
        "--probe",
        metavar="DIR",
        action="append",
        default=[],
        help="play the probes of this folder to the engine, too; may be repeated",
    )
    group.addoption(
        "--record",
        metavar="DIR",
        default=None,
        help="judge nothing: record into this folder what the engine answers to each probe",
    )


def _add_subject(group: Group) -> None:
    group.addoption(
        "--conformance",
        action="store_true",
        default=False,
        help="judge the worker that conformance.yaml names, in the current folder or in pytest's "
        "root",
    )
    group.addoption(
        "--worker-cmd",
        metavar="COMMAND",
        default=None,
        help="judge the worker that this command starts; {url}, {host} and {port} in it become "
        "the engine's address, which is also in III_URL, III_ENGINE_URL and III_WS_URL",
    )
    group.addoption(
        "--worker-image",
        metavar="IMAGE",
        default=None,
        help="judge the worker in this container image; what follows the image's name is passed "
        "to its entry point, with the same replacements (needs the extra `containers`)",
    )
    group.addoption(
        "--worker-attach",
        metavar="PORT",
        type=int,
        default=None,
        help="judge a worker that you start yourself, in a debugger for instance, and that dials "
        "this port; what takes a fresh worker or its process is not verified",
    )
    group.addoption(
        "--worker-network",
        metavar="NETWORK",
        default=None,
        help="the Docker network of the worker's containers (default: one that reaches the engine)",
    )
    group.addoption(
        "--worker-env",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="put this variable into the worker's environment; NAME alone takes it from the "
        "present one; may be repeated",
    )
    group.addoption(
        "--engine-env",
        metavar="NAME",
        action="append",
        default=[],
        help="put the engine's address into this environment variable too; may be repeated",
    )
    group.addoption(
        "--default-port",
        metavar="PORT",
        type=int,
        default=None,
        help="listen on this port, too, while it is free, for workers that dial it whatever they "
        "are told; 0 for none (default: 49134)",
    )
    group.addoption(
        "--isolate",
        action="store_true",
        default=False,
        help="give each run of the worker a network of its own (Linux), so that workers that "
        "insist on the default port run side by side; the network is loopback alone",
    )
    group.addoption(
        "--serial",
        action="store_true",
        default=False,
        help="let one process of the worker live at a time, for a worker that holds a lock file or "
        "a port of its own (default: found out, which takes a little longer)",
    )


def _add_judging(group: Group) -> None:
    group.addoption(
        "--requirement",
        metavar="PATTERN",
        action="append",
        default=[],
        help="judge only requirements whose id matches, as in 'REC-*'; may be repeated",
    )
    group.addoption(
        "--level",
        choices=("default", "full"),
        default=None,
        help="full: play trials that take long, too (default: leave what they prove unverified)",
    )
    group.addoption(
        "--protocol",
        metavar="VERSION",
        default=None,
        help="hold the worker to this protocol version, as in 0.11, 0.23 or 0.25 (default: auto, "
        "what an official SDK announces, and the newest for any other worker)",
    )
    group.addoption(
        "--engine-version",
        metavar="VERSION",
        default=None,
        help="the version of the engine against which the worker will run, as in 0.23 (default: "
        "the newest): what that enforces is judged, whatever version the worker speaks",
    )
    group.addoption(
        "--conformance-config",
        metavar="FILE",
        default=None,
        help="read what there is to know about the worker from this file: its command, examples "
        "of its functions' data, and any of these options (default: conformance.yaml, if there is "
        "one)",
    )
    group.addoption(
        "--exclude",
        metavar="PATTERN",
        action="append",
        default=[],
        help="never invoke functions whose id matches, as in 'shell::*'; may be repeated",
    )
    group.addoption(
        "--no-invoke",
        action="store_true",
        default=False,
        help="invoke none of the worker's functions, and judge everything else",
    )
    group.addoption(
        "--timeout-factor",
        metavar="NUMBER",
        type=float,
        default=None,
        help="multiply every deadline, for slow machines or slow workers (default: 1)",
    )


def _add_reporting(group: Group) -> None:
    group.addoption(
        "--known-failures",
        metavar="FILE",
        action="append",
        default=[],
        help="requirements and scenarios that the worker is known to break, each with a reason, "
        "as YAML; `sdk` for what the official SDK that it is built on is known to break; may be "
        "given twice, `sdk` and a file",
    )
    group.addoption(
        "--update-known-failures",
        action="store_true",
        default=False,
        help="bring the file of --known-failures up to date with this run; new entries get a "
        "reason to fill in, and all else in it stays as it is",
    )
    group.addoption(
        "--write-examples",
        metavar="FILE",
        default=None,
        help="write examples of what the functions were found to take, as a beginning for "
        "conformance.yaml",
    )
    group.addoption(
        "--shard",
        metavar="NUMBER/COUNT",
        default=None,
        help="judge one share of several, as in 2/5; `iii-conformance merge` makes one report of "
        "theirs",
    )
    group.addoption(
        "--durations-of",
        metavar="REPORT",
        default=None,
        help="divide into shares by how long trials took in an earlier run: the folder of its "
        "report",
    )
    group.addoption(
        "--conformance-report",
        metavar="DIR",
        default=None,
        help="write the report into this folder: report.json, report.html, summary.md, badge.svg, "
        "report.sarif, events.ndjson, and the transcripts and logs of the worker",
    )


def _add_scenarios(group: Group) -> None:
    group.addoption(
        "--scenario",
        metavar="WHAT",
        action="append",
        default=[],
        help="play scenarios: a file, a folder, or `shipped` for those that come with the suite, "
        "or some of them as in shipped:'reconnect-*'; may be repeated",
    )
    group.addoption(
        "--scenario-param",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="give a parameter of the scenarios a value; may be repeated",
    )


def _add_fuzzing(group: Group) -> None:
    group.addoption(
        "--fuzz",
        metavar="BUDGET",
        default=None,
        help="invoke the worker's functions with data nobody thought of, for a time, as in 60s, "
        "or a number of invocations, as in 10000",
    )
    group.addoption(
        "--fuzz-stateful",
        metavar="EXAMPLES",
        nargs="?",
        const=25,
        type=int,
        default=None,
        help="put the worker through arbitrary lives: drops, reconnects, conflicts, late "
        "registrations, faults (default: 25 examples)",
    )
    group.addoption(
        "--fuzz-function",
        metavar="PATTERN",
        action="append",
        default=[],
        help="fuzz only functions whose id matches, as in 'orders::*'; may be repeated",
    )
    group.addoption(
        "--fuzz-seed",
        metavar="NUMBER",
        type=int,
        default=None,
        help="draw the same inputs as the earlier run that printed this seed",
    )
    group.addoption(
        "--fuzz-corpus",
        metavar="DIR",
        default=None,
        help="keep counterexamples and interesting inputs in this folder, and begin with those "
        "that are there",
    )
    group.addoption(
        "--fuzz-database",
        metavar="URL",
        default=None,
        help="share inputs with other runners through a Redis server, redis://HOST:PORT/0",
    )
    group.addoption(
        "--fuzz-window",
        metavar="NUMBER",
        type=int,
        default=None,
        help="invocations in flight at a time (default: 64)",
    )
    group.addoption(
        "--fuzz-exceptions",
        choices=("fail", "warn", "ignore"),
        default=None,
        help="what an unexpected exception on data that the declared format allows is "
        "(default: fail)",
    )
