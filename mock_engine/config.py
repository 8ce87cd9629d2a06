"""The configuration file of an engine: reading it and checking every key.

Two forms are understood: the older one (``port:`` and ``modules:`` with ``class:``) and the current
one (``workers:`` with ``name:``). Values may contain ``${VAR:default}``. Every error names the
file, the line, and what would be valid.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from mock_engine.core.grants import Policy
from mock_engine.options import (
    BY_CLASS,
    BY_NAME,
    LACKING,
    LIST,
    LISTENER,
    MODULES,
    TOP_LEVEL,
    Option,
)
from mock_engine.versions import ENGINE, FEATURES

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 49134
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}")


class ConfigError(Exception):
    """The configuration cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True)
class ModuleConfig:
    """A configured module: its current name, as in ``iii-http``, and its options."""

    name: str
    options: Mapping[str, Any]
    line: int


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An address where workers connect, and the policy that guards it, if there is one."""

    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration. ``addresses`` are where workers connect; there is at least one.

    ``features`` are the features of the protocol that the engine advertises. ``engine_version`` is
    the release whose behaviour it has. ``warnings`` has one text for each thing that was left out.
    """

    addresses: tuple[ListenAddress, ...] = (ListenAddress(),)
    modules: tuple[ModuleConfig, ...] = field(default=())
    features: tuple[str, ...] = ()
    engine_version: str = ENGINE
    warnings: tuple[str, ...] = ()

    def moved(self, ports: Mapping[str, int]) -> Config:
        """The same on other ports, by module; ``LISTENER`` is the first port for workers."""
        first, *others = self.addresses
        first = replace(first, port=ports.get(LISTENER, first.port))
        modules = tuple(
            replace(module, options={**module.options, "port": ports[module.name]})
            if module.name in ports
            else module
            for module in self.modules
        )
        return replace(self, addresses=(first, *others), modules=modules)

    def local(self) -> Config:
        """The same configuration, reachable from this machine only."""
        return _rehosted(self, _local)

    def on(self, host: str) -> Config:
        """The same configuration with every port on one address of this machine."""
        modules = tuple(
            replace(module, options={"host": host, **module.options})
            if "host" in MODULES[module.name]
            else module
            for module in self.modules
        )
        return _rehosted(replace(self, modules=modules), lambda _: host)


def _rehosted(config: Config, host: Callable[[str], str]) -> Config:
    addresses = tuple(replace(address, host=host(address.host)) for address in config.addresses)
    modules = tuple(
        replace(module, options={**module.options, "host": host(module.options["host"])})
        if "host" in module.options
        else module
        for module in config.modules
    )
    return replace(config, addresses=addresses, modules=modules)


def _local(host: str) -> str:
    return host if host in ("localhost", "::1") or host.startswith("127.") else LOOPBACK


def default_path() -> Path:
    """The configuration used when none is named: the checkout's, or the one in the package."""
    checkout = Path(__file__).parent.parent / "config.yaml"
    if checkout.is_file():
        return checkout
    return Path(str(resources.files("mock_engine") / "default-config.yaml"))


def load(
    path: Path, environment: Mapping[str, str] | None = None, *, lenient: bool = False
) -> Config:
    """Read a configuration file. A ``lenient`` reader leaves out what this engine does not support.

    Raises:
        ConfigError: the file cannot be read, or its content cannot be used.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as fault:
        raise ConfigError(f"{path}: cannot be read: {fault.strerror}") from None
    variables = os.environ if environment is None else environment
    return parse(text, str(path), variables, lenient=lenient)


def parse(text: str, name: str, environment: Mapping[str, str], *, lenient: bool = False) -> Config:
    """Read a configuration; ``name`` is what errors call it.

    Raises:
        ConfigError: as for ``load``.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise ConfigError(f"{name}:{line}: no YAML: {fault.problem}") from None
    return _Reader(name, environment, lenient=lenient).read(root)


class _Reader:
    """Turns the nodes of one file into a ``Config``."""

    def __init__(self, name: str, environment: Mapping[str, str], *, lenient: bool) -> None:
        self._lenient = lenient
        self._warnings: list[str] = []
        self._name = name
        self._environment = environment

    def read(self, root: yaml.Node | None) -> Config:
        if root is None:
            return Config()
        entries = self._entries(root, TOP_LEVEL, "the configuration")
        if "modules" in entries and "workers" in entries:
            self._fail(entries["workers"], "give either `modules` or `workers`, not both")
        addresses: list[ListenAddress] = []
        if "port" in entries:
            port = self._value(entries["port"], TOP_LEVEL["port"], "port")
            addresses.append(ListenAddress(port=DEFAULT_PORT if port is None else port))
        modules = [
            *self._modules(entries.get("modules"), "class", BY_CLASS),
            *self._modules(entries.get("workers"), "name", BY_NAME),
        ]
        addresses += [self._address(module) for module in modules if module.name == LISTENER]
        others = tuple(module for module in modules if module.name != LISTENER)
        features = self._features(entries.get("features"))
        listening = tuple(addresses) or Config().addresses
        return Config(listening, others, features, warnings=tuple(self._warnings))

    def _features(self, node: yaml.Node | None) -> tuple[str, ...]:
        if node is None or _is_null(node):
            return ()
        self._value(node, LIST, "features")
        assert isinstance(node, yaml.SequenceNode)
        for item in node.value:
            name = str(self._construct(item))
            if name not in FEATURES:
                self._unknown(item, "the feature", name, dict.fromkeys(FEATURES))
        return tuple(dict.fromkeys(str(self._construct(item)) for item in node.value))

    def _address(self, module: ModuleConfig) -> ListenAddress:
        try:
            policy = Policy.of(module.options)
        except ValueError as fault:
            text = f"{self._name}:{module.line}: in `expose_functions` of {module.name}: {fault}"
            raise ConfigError(text) from None
        return ListenAddress(
            module.options.get("host") or LOOPBACK,
            module.options.get("port", DEFAULT_PORT),
            policy,
        )

    def _modules(
        self, node: yaml.Node | None, key: str, known: Mapping[str, str]
    ) -> list[ModuleConfig]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._fail(node, "a list is expected here")
        found = [self._module(entry, key, known) for entry in node.value]
        return [module for module in found if module is not None]

    def _module(self, node: yaml.Node, key: str, known: Mapping[str, str]) -> ModuleConfig | None:
        allowed = {key: Option(str), "config": Option(dict)}
        entries = self._entries(node, allowed, "a module")
        if key not in entries:
            self._fail(node, f"a module needs `{key}`")
        named = str(self._value(entries[key], Option(str), key))
        if named in LACKING:
            text = f"{named} is a module of the iii engine that this one lacks; {LACKING[named]}"
            self._refuse(entries[key], text)
            return None
        if named not in known:
            self._unknown(entries[key], f"the {key}", named, known)
        name = known[named]
        options: dict[str, Any] = {}
        if "config" in entries:
            options = self._options(entries["config"], MODULES[name], named)
        if name == "iii-queue":
            self._check_queues(entries, options)
        return ModuleConfig(name, options, node.start_mark.line + 1)

    def _options(
        self, node: yaml.Node, allowed: Mapping[str, Option], where: str
    ) -> dict[str, Any]:
        if _is_null(node):
            return {}
        entries = self._entries(node, allowed, where)
        for name, option in allowed.items():
            if option.needed and name not in entries:
                self._fail(node, f"{where} needs `{name}`")
        found = {name: self._value(value, allowed[name], name) for name, value in entries.items()}
        return {name: value for name, value in found.items() if value is not None}

    def _entries(
        self, node: yaml.Node, allowed: Mapping[str, Option], where: str
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, f"{where} is expected to be a mapping of keys to values")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value not in allowed:
                self._unknown(key, f"in {where} the key", key.value, allowed)
            if key.value in found:
                self._fail(key, f"the key `{key.value}` stands twice")
            found[key.value] = value
        return found

    def _value(self, node: yaml.Node, option: Option, name: str) -> Any:
        if option.refused is not None:
            self._refuse(node, f"`{name}` is an option of the iii engine: {option.refused}")
            return None
        if option.fields is not None and not _is_null(node) and _fits(node, option):
            return self._options(node, option.fields, name)
        if option.items and option.kind is list and isinstance(node, yaml.SequenceNode):
            return [self._value(item, option.items, f"an entry of {name}") for item in node.value]
        if option.items and option.kind is dict and isinstance(node, yaml.MappingNode):
            entries = {str(key.value): value for key, value in node.value}
            return {key: self._value(value, option.items, key) for key, value in entries.items()}
        value = self._construct(node)
        if value is None or option.allows(value):
            return value
        if isinstance(value, str) and value in option.refuses:
            self._refuse(node, f"`{name}` is {value!r}: {option.refuses[value]}")
            return None
        return self._fail(node, f"`{name}` is {value!r}; expected {option.describe()}")

    def _check_queues(self, entries: Mapping[str, yaml.Node], options: Mapping[str, Any]) -> None:
        for name, settings in (options.get("queue_configs") or {}).items():
            if (settings or {}).get("type") == "fifo" and not settings.get("message_group_field"):
                text = f"the queue `{name}` of type fifo needs `message_group_field`"
                self._fail(entries["config"], text)

    def _construct(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self._construct(item) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return {str(key.value): self._construct(value) for key, value in node.value}
        text = _VARIABLE.sub(lambda match: self._variable(node, match), node.value)
        if text != node.value:
            return yaml.safe_load(text)
        return yaml.SafeLoader("").construct_object(node)

    def _variable(self, node: yaml.Node, match: re.Match[str]) -> str:
        name, default = match.groups()
        value = self._environment.get(name, default)
        if value is None:
            self._fail(node, f"the variable {name} is not set; set it or write ${{{name}:default}}")
        return str(value)

    def _unknown(self, node: yaml.Node, what: str, name: str, known: Mapping[str, object]) -> None:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"; did you mean `{close[0]}`?" if close else f"; known: {', '.join(sorted(known))}"
        self._fail(node, f"{what} `{name}` is unknown{hint}")

    def _refuse(self, node: yaml.Node, text: str) -> None:
        """Raise an error for a feature of the iii engine that this one lacks, or leave it out."""
        if not self._lenient:
            self._fail(node, f"{text} (--lenient leaves it out)")
        self._warnings.append(f"{self._name}:{node.start_mark.line + 1}: left out: {text}")

    def _fail(self, node: yaml.Node, text: str) -> Any:
        raise ConfigError(f"{self._name}:{node.start_mark.line + 1}: {text}")


def _fits(node: yaml.Node, option: Option) -> bool:
    return isinstance(node, yaml.MappingNode) or option.kind is dict


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
