"""Which HTTP request reaches which binding. Nothing here reads a socket."""

from __future__ import annotations

from dataclasses import dataclass

from mock_engine.modules.base import Bound, Failure

SERVED = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
FAILED = "trigger_registration_failed"

PART, REST = ":", "*"
"""The parameter segments: ``PART`` matches one segment, ``REST`` all that follow."""

KINDS = {PART: 1, REST: 2}
"""The rank of each parameter, less specific last; a literal segment is the most specific."""


def _nameless(part: str) -> str:
    """A segment of a pattern without the name of its parameter, ``:id``, ``{id}`` or ``{*id}``."""
    if part.startswith(":"):
        return PART
    if part.startswith("{") and part.endswith("}"):
        return REST if part.startswith("{*") else PART
    return part


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a pattern such as ``users/:id``, and the binding behind them.

    A route with a method that is not in ``SERVED`` matches nothing.
    """

    method: str
    pattern: str
    bound: Bound

    @classmethod
    def of(cls, bound: Bound) -> Route:
        """The route that a binding requests.

        Raises:
            Failure: the route is missing or cannot be served.
        """
        pattern = bound.setting("api_path")
        if not isinstance(pattern, str):
            raise Failure(FAILED, "api_path is required for http triggers")
        named = bound.setting("http_method")
        method = named.upper() if isinstance(named, str) else "GET"
        if any(part.startswith("*") for part in pattern.split("/")):
            raise Failure(FAILED, f"api_path is {pattern!r}; wildcards are not supported")
        return cls(method, pattern, bound)

    @property
    def segments(self) -> tuple[str, ...]:
        """The parts of the pattern, without a leading slash."""
        return tuple(self.pattern.removeprefix("/").split("/"))

    @property
    def shape(self) -> tuple[str, ...]:
        """The segments without parameter names: routes of the same shape match the same paths."""
        return tuple(map(_nameless, self.segments))

    def catches(self, path: str) -> bool:
        """Whether a request's path matches the pattern."""
        parts, wanted = path.removeprefix("/").split("/"), self.shape
        if wanted[-1] == REST:
            count = len(wanted) - 1
            parts = [*parts[:count], "/".join(parts[count:])]
        return (
            len(parts) == len(wanted)
            and (wanted[-1] not in (PART, REST) or parts[-1] != "")
            and all(part in (PART, REST, value) for part, value in zip(wanted, parts, strict=True))
        )

    def parameters(self, path: str) -> dict[str, str]:
        """The parameters of a path, undecoded; none at all when one of them is empty."""
        parts = [part for part in path.split("/") if part]
        wanted = [part for part in self.segments if part]
        if len(parts) != len(wanted):
            return {}
        pairs = zip(wanted, parts, strict=True)
        return {part[1:]: value for part, value in pairs if part.startswith(":")}


class Routes:
    """The routes of an engine. The last one registered for a method and path wins.

    ``lenient`` is whether a slash at the end of a request's path is ignored.
    """

    def __init__(self, *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._routes: dict[tuple[str, tuple[str, ...]], Route] = {}

    def add(self, route: Route) -> None:
        """Add a route, replacing the one for the same requests.

        Raises:
            Failure: another route matches the same requests with other parameter names.
        """
        other = self._routes.get((route.method, route.shape))
        if other is not None and other.segments != route.segments:
            text = (
                f"Route '{route.method} {route.pattern}' conflicts with already-registered route "
                f"'{other.method} {other.pattern}': routes with identical structure but different "
                "path-parameter names are not supported"
            )
            raise Failure(FAILED, text)
        self._routes[route.method, route.shape] = route

    def remove(self, bound: Bound) -> None:
        """Remove a binding's route; a route that it replaced is not restored.

        Earlier routes of a binding that was registered again with another path stay, too (engine
        0.23).
        """
        gone = Route.of(bound)
        route = self._routes.get((gone.method, gone.shape))
        if route is not None and route.bound.id == bound.id:
            del self._routes[gone.method, gone.shape]

    def find(self, method: str, path: str) -> Route | None:
        """The route for a request: a literal segment is preferred to a parameter."""
        caught = [route for route in self._on(path) if route.method == method]
        return min(caught, key=lambda r: [KINDS.get(part, 0) for part in r.shape], default=None)

    def methods(self, path: str) -> list[str]:
        """The methods of an ``allow`` header for a path; GET implies HEAD."""
        found: list[str] = []
        for route in self._on(path):
            found += ["GET", "HEAD"] if route.method == "GET" else [route.method]
        return list(dict.fromkeys(found))

    def _on(self, path: str) -> list[Route]:
        routes = self._routes.values()
        bare = path.rstrip("/")
        paths = (bare, f"{bare}/") if self._lenient else (path,)
        served = [route for route in routes if route.method in SERVED]
        return [route for route in served if any(map(route.catches, paths))]
