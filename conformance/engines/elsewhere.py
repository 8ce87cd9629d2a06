"""An engine that somebody else started, given by its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from conformance.engines.address import Address
from conformance.engines.engine import HOST, PORTS, SCHEMES, accepts
from conformance.errors import Inconclusive, UsageError

DEFAULT_PORTS = {"http": 3111, "stream": 3112}
"""The other ports of an engine, unless the user says otherwise."""


@dataclass(slots=True)
class Elsewhere:
    """An engine that somebody else started."""

    address: Address
    startup: float = 0.0

    def alive(self) -> bool:
        """True, as far as is known."""
        return True

    def log(self) -> Sequence[str]:
        """Empty: its output cannot be seen from here."""
        return ()

    def ended(self) -> str:
        """Empty: nothing is known of its end."""
        return ""

    async def stop(self) -> None:
        """Do nothing: the suite did not start it."""


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """An engine that is already running, with the configuration of a profile."""

    urls: Mapping[str, str]
    profile: str = "main"
    parallel: int = field(default=1, init=False)

    @classmethod
    def parse(cls, texts: Sequence[str], profile: str = "main") -> EngineAddress:
        """Read addresses, each given as ``URL`` for that of workers, or ``NAME=URL``.

        Raises:
            UsageError: one is not an address, or the one of workers is missing.
        """
        urls: dict[str, str] = {}
        for text in texts:
            name, url = _named(text)
            urls[name] = url
        if "ws" not in urls:
            raise UsageError(
                "--engine-url names no port of workers; give it, as in ws://127.0.0.1:49134"
            )
        host = urlsplit(urls["ws"]).hostname
        for name, port in DEFAULT_PORTS.items():
            urls.setdefault(name, f"{SCHEMES[name]}://{host}:{port}")
        return cls(urls, profile)

    @property
    def described(self) -> str:
        """The address of its workers."""
        return self.urls["ws"]

    @property
    def starts(self) -> bool:
        """False: it is already running."""
        return False

    async def start(self, profile: str) -> Elsewhere:
        """The engine, if it has this profile and is there.

        Raises:
            Inconclusive: it has another profile, or no longer listens.
        """
        if profile != self.profile:
            raise Inconclusive(
                f"takes an engine with the profile `{profile}`: --engine-cmd, or one that has it "
                f"and --engine-profile={profile}"
            )
        open_ = {name: url for name, url in self.urls.items() if await _is_open(url)}
        if "ws" not in open_:
            raise Inconclusive(f"nothing listens on {self.urls['ws']}")
        return Elsewhere(Address(open_))


async def _is_open(url: str) -> bool:
    parts = urlsplit(url)
    return await accepts(parts.hostname or HOST, parts.port or 0)


def _named(text: str) -> tuple[str, str]:
    """The name and the URL of an address.

    Raises:
        UsageError: it is not an address.
    """
    name, equals, url = text.partition("=")
    if not equals:
        name, url = "ws", text
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if name not in PORTS or not parts.hostname or not port:
        told = "expected URL, or one of " + ", ".join(f"{each}=URL" for each in PORTS)
        raise UsageError(f"--engine-url {text!r}: {told}, as in ws://127.0.0.1:49134")
    return name, f"{SCHEMES[name]}://{parts.netloc}"
