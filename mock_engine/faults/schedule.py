"""Fault schedules as data: what goes wrong on the wire, when, and on which connections.

Rules of this file:

* A schedule is a tuple of rules, and a rule is a fault, a moment, and a choice of connections. All
  of it is immutable and independent of sockets: ``course`` decides, ``wire`` carries it out.
* Connections are numbered from one in the order of arrival, beginning with the schedule; those that
  were open before it have the number zero.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class Span(Struct, frozen=True):
    """Whole numbers from ``first`` to ``last``, both included; unbounded without ``last``."""

    first: int = 0
    last: int | None = None

    def __contains__(self, number: int) -> bool:
        """Whether ``number`` is one of them."""
        return self.first <= number and (self.last is None or number <= self.last)

    @classmethod
    def only(cls, number: int) -> Span:
        """A span of one number."""
        return cls(number, number)


ANY = Span()


# -- moments -------------------------------------------------------------------------------------


class Moment(Struct, frozen=True, forbid_unknown_fields=True):
    """When a fault acts; ``name`` is what the plain form calls it."""

    name: ClassVar[str]


class Now(Moment, frozen=True):
    """At once, on the connections that are open when the schedule begins."""

    name = "now"


class Accept(Moment, frozen=True):
    """When the TCP connection is accepted."""

    name = "accept"


class Upgrade(Moment, frozen=True):
    """When an upgrade was requested, before it is answered."""

    name = "upgrade"


class Open(Moment, frozen=True):
    """When the WebSocket is open, before anything is sent on it."""

    name = "open"


class After(Moment, frozen=True):
    """Some time after the connection was accepted or, for older ones, the schedule began."""

    name = "after"
    seconds: Seconds


class Received(Moment, frozen=True):
    """When a message has come from the worker, before the engine handles it.

    ``number`` counts the messages of a connection that have this ``type``, or all of them.
    """

    name = "received"
    number: Span = Span(1)
    type: str | None = None


class Sent(Moment, frozen=True):
    """When the engine sends a message; numbers as for ``Received``.

    A fault of frames acts on that message, any other one after it.
    """

    name = "sent"
    number: Span = Span(1)
    type: str | None = None


# -- faults --------------------------------------------------------------------------------------

ENDURED: tuple[type[Moment], ...] = (Now, Open, Received, Sent, After)
"""The moments at which a WebSocket is open."""


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong. ``moments`` are those at which it may act; the first is the default.

    ``passing`` is whether a rule may set how long it lasts.
    """

    name: ClassVar[str]
    moments: ClassVar[tuple[type[Moment], ...]] = ENDURED
    passing: ClassVar[bool] = False


class Refuse(Fault, frozen=True):
    """Refuse TCP connections to the port; those that are open stay."""

    name = "refuse"
    moments = (*ENDURED, Accept, Upgrade)
    passing = True


class Stall(Fault, frozen=True):
    """Keep the connection and never answer on it."""

    name = "stall"
    moments = (Accept, Upgrade)


class Reject(Fault, frozen=True):
    """Answer the upgrade request with an HTTP status, as a proxy without a backend does."""

    name = "reject"
    moments = (Upgrade,)
    status: Annotated[int, Meta(ge=200, le=599)] = 503


class Close(Fault, frozen=True):
    """Send a close frame, without a code when ``code`` is ``None``, and end the connection."""

    name = "close"
    code: Annotated[int, Meta(ge=0, le=65535)] | None = None
    reason: Annotated[str, Meta(max_length=123)] = ""


class Reset(Fault, frozen=True):
    """Reset the TCP connection, losing what is queued."""

    name = "reset"
    moments = (*ENDURED, Accept, Upgrade)


class End(Fault, frozen=True):
    """End the TCP connection without a close frame."""

    name = "end"
    moments = (*ENDURED, Accept, Upgrade)


class HalfOpen(Fault, frozen=True):
    """Stop reading and writing, but keep the socket, as after a lost route."""

    name = "half-open"
    passing = True


class SlowReads(Fault, frozen=True):
    """Read no faster than this, in bytes a second, so that the worker's sends pile up."""

    name = "slow-reads"
    moments = (*ENDURED, Accept)
    passing = True
    rate: Positive


class Inject(Fault, frozen=True):
    """Send a message that the engine would not send: text, or bytes as hexadecimal digits."""

    name = "inject"
    text: str | None = None
    hex: Annotated[str, Meta(pattern="^([0-9a-fA-F]{2})*$")] | None = None


class FrameFault(Fault, frozen=True):
    """A fault in the frames that the engine sends."""

    moments = (Sent,)


class Delay(FrameFault, frozen=True):
    """Send the message late, and all later messages after it, as TCP keeps the order."""

    name = "delay"
    seconds: Seconds


class Split(FrameFault, frozen=True):
    """Send the message in fragments of ``size`` bytes."""

    name = "split"
    size: Positive


class Duplicate(FrameFault, frozen=True):
    """Send the message several times."""

    name = "duplicate"
    copies: Annotated[int, Meta(ge=2, le=1000)] = 2


class Swallow(FrameFault, frozen=True):
    """Do not send the message."""

    name = "swallow"


Defect = Literal[
    "not-json", "not-utf8", "reserved-bit", "reserved-opcode", "masked", "long-ping", "unfinished"
]


class Malform(FrameFault, frozen=True):
    """Send the message broken.

    ``not-json`` cuts the JSON text in two, ``not-utf8`` puts an invalid byte into the text,
    ``reserved-bit``, ``reserved-opcode`` and ``masked`` break the head of the frame (RFC 6455,
    section 5.2), ``long-ping`` sends a ping of 200 bytes before it (section 5.5), ``unfinished``
    sends a fragment that nothing continues before it (section 5.4).
    """

    name = "malform"
    defect: Defect = "not-json"


FAULTS: tuple[type[Fault], ...] = (
    Refuse,
    Stall,
    Reject,
    Close,
    Reset,
    End,
    HalfOpen,
    SlowReads,
    Inject,
    Delay,
    Split,
    Duplicate,
    Swallow,
    Malform,
)
MOMENTS: tuple[type[Moment], ...] = (Now, Accept, Upgrade, Open, After, Received, Sent)


class Rule(Struct, frozen=True):
    """One rule of a schedule.

    ``connection`` selects connections by number and ``path`` by requested path; with a path, only
    the connections that request it are counted. ``lasts`` is in seconds; ``None`` means until the
    schedule is replaced.

    Raises:
        ValueError: the fault cannot act at that moment, or not in that way.
    """

    fault: Fault
    when: Moment
    connection: Span = ANY
    path: str | None = None
    lasts: Seconds | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be carried out."""
        fault, when = self.fault, self.when
        if not isinstance(when, fault.moments):
            possible = ", ".join(moment.name for moment in fault.moments)
            raise ValueError(  # noqa: TRY004 - of the right type, but not for this fault
                f"`{fault.name}` cannot act at `{when.name}`; it can at: {possible}"
            )
        if self.path is not None and isinstance(when, Accept):
            raise ValueError("at `accept` no path is known yet; say `upgrade`, or leave out `path`")
        if isinstance(when, Now) and 0 not in self.connection:
            raise ValueError("`now` is about connections that are open already, number 0")
        if self.lasts is not None and not fault.passing:
            raise ValueError(f"`{fault.name}` does not last; leave out `for`")
        if isinstance(fault, Inject) and (fault.text is None) == (fault.hex is None):
            raise ValueError("`inject` needs either `text` or `hex`")


def rule(fault: Fault, when: Moment | None = None, **more: Any) -> Rule:
    """Make a rule; ``when`` defaults to the fault's first moment. Other fields as in ``Rule``.

    Raises:
        ValueError: as for ``Rule``.
    """
    return Rule(fault, fault.moments[0]() if when is None else when, **more)


Schedule = tuple[Rule, ...]


def fault_text(fault: Fault) -> str:
    """A fault as text, as in ``close {"code": 1001}``."""
    fields = msgspec.to_builtins(fault)
    shown = {key: value for key, value in fields.items() if value not in (None, "")}
    return f"{fault.name} {msgspec.json.encode(shown).decode()}" if shown else fault.name
