"""The course of a schedule: which rules act on each event. Pure, without sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from mock_engine.faults.schedule import (
    Accept,
    After,
    Moment,
    Now,
    Open,
    Received,
    Refuse,
    Rule,
    Schedule,
    Sent,
    Upgrade,
)


@dataclass(slots=True)
class _Life:
    """What is known about one connection. ``number`` is zero for one older than the schedule."""

    number: int
    path: str | None = None
    of_its_path: int = 0
    seen: Counter[int] = field(default_factory=Counter)


class Course:
    """One run of a schedule. Each method returns the rules that act, in the schedule's order.

    The caller names each connection by a key. ``kind`` is called for the type of a message only
    when a rule names one.
    """

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        port = [rule for _, rule in self.of_the_port()]
        self._own = [rule for rule in schedule if rule not in port]
        self._lives: dict[int, _Life] = {}
        self._accepted = 0
        self._by_path: Counter[str] = Counter()

    def found(self, key: int, path: str | None) -> list[Rule]:
        """A connection was open before the schedule; ``path`` is what it requested, if known."""
        self._lives[key] = _Life(0, path)
        return self._acting(key, Now)

    def accepted(self, key: int) -> list[Rule]:
        """A connection was accepted."""
        self._accepted += 1
        self._lives[key] = _Life(self._accepted)
        return self._acting(key, Accept)

    def requested(self, key: int, path: str) -> list[Rule]:
        """A connection requests an upgrade to a WebSocket."""
        life = self._lives[key]
        if life.number and life.path is None:
            self._by_path[path] += 1
            life.of_its_path = self._by_path[path]
        life.path = path
        return self._acting(key, Upgrade)

    def opened(self, key: int) -> list[Rule]:
        """A connection has become a WebSocket."""
        return self._acting(key, Open)

    def later(self) -> list[tuple[float, Rule]]:
        """The rules that may act on a connection later, each with its delay in seconds.

        Whether a rule acts is decided by ``due`` at that time: the path may be known by then.
        """
        return [(r.when.seconds, r) for r in self._own if isinstance(r.when, After)]

    def due(self, key: int, rule: Rule) -> bool:
        """Whether a rule whose time has come applies to a connection."""
        return self._concerns(rule, self._lives.get(key))

    def received(self, key: int, kind: Callable[[], str | None]) -> list[Rule]:
        """A message came from the worker."""
        return self._counted(key, Received, kind)

    def sent(self, key: int, kind: Callable[[], str | None]) -> list[Rule]:
        """A message is sent to the worker."""
        return self._counted(key, Sent, kind)

    def ended(self, key: int) -> None:
        """A connection is gone."""
        self._lives.pop(key, None)

    def of_the_port(self) -> list[tuple[float, Rule]]:
        """The rules for the port itself, not for one connection, each with its delay in seconds."""
        return [
            (rule.when.seconds if isinstance(rule.when, After) else 0.0, rule)
            for rule in self.schedule
            if isinstance(rule.fault, Refuse) and isinstance(rule.when, Now | After)
        ]

    def _acting(self, key: int, moment: type[Moment]) -> list[Rule]:
        life = self._lives.get(key)
        return [r for r in self._own if isinstance(r.when, moment) and self._concerns(r, life)]

    def _counted(
        self, key: int, moment: type[Received | Sent], kind: Callable[[], str | None]
    ) -> list[Rule]:
        life = self._lives.get(key)
        acting = []
        for index, rule in enumerate(self._own):
            when = rule.when
            if not isinstance(when, moment) or life is None or not self._concerns(rule, life):
                continue
            if when.type is not None and kind() != when.type:
                continue
            life.seen[index] += 1
            if life.seen[index] in when.number:
                acting.append(rule)
        return acting

    @staticmethod
    def _concerns(rule: Rule, life: _Life | None) -> bool:
        if life is None:
            return False
        if rule.path is None:
            return life.number in rule.connection
        return rule.path == life.path and life.of_its_path in rule.connection
