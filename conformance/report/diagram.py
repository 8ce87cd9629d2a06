"""A conversation as a sequence diagram: two life lines, an arrow a message."""

from __future__ import annotations

import json
from collections.abc import Sequence

from conformance.judging.frames import EvidenceFrame
from conformance.report.elements import Element, element

WIDTH, MARGIN, TOP, STEP = 920, 130, 34, 34
LETTERS = 92
"""How many letters of a message stand on its arrow; the whole text is its title."""

NAMES = ("function_id", "trigger_type", "id", "worker_id")
CONTENTS = ("error", "result", "data", "config")


def diagram(frames: Sequence[EvidenceFrame]) -> Element:
    """The diagram as SVG. What the verdict rests on is marked."""
    height = TOP + STEP * len(frames) + 12
    svg = element(
        "svg",
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_label="the conversation as a sequence diagram",
        class_="diagram",
    )
    for x, name in ((MARGIN, "engine"), (WIDTH - MARGIN, "worker")):
        svg.append(_text(x, 16, name, "who"))
        svg.append(_line(x, 24, x, height, "life"))
    for place, frame in enumerate(frames):
        svg.append(_event(frame, TOP + STEP * place))
    return svg


def label(text: str) -> str:
    """A message in short: its type, what it is about, and what it brings."""
    try:
        message = json.loads(text)
    except ValueError:
        message = None
    short = " ".join(text.split())
    if isinstance(message, dict) and isinstance(message.get("type"), str):
        names = [str(message[name]) for name in NAMES if message.get(name)][:2]
        brought = [
            f"{name} {json.dumps(message[name], ensure_ascii=False)}"
            for name in CONTENTS
            if name in message
        ]
        short = " ".join([message["type"], *names, *brought[:1]])
    return short if len(short) <= LETTERS else f"{short[: LETTERS - 1]}…"


def _event(frame: EvidenceFrame, y: int) -> Element:
    cited = " cited" if frame.cited else ""
    group = element("g", element("title", frame.text), class_=f"event{cited}")
    when = f"{frame.at:.3f} s #{frame.connection}"
    group.append(element("text", when, x="4", y=str(y + 16), class_="when"))
    words = _text(WIDTH // 2, y + 12, label(frame.text), "what")
    if not frame.sender:
        box = {"x": str(MARGIN), "y": str(y - 2), "width": str(WIDTH - 2 * MARGIN), "height": "20"}
        group.append(element("rect", None, class_="note", **box))
        group.append(words)
        return group
    start, end, step = MARGIN, WIDTH - MARGIN, 7
    if frame.sender == "worker":
        start, end, step = end, start, -7
    at = y + 18
    group.append(words)
    group.append(_line(start, at, end, at, "arrow"))
    points = f"{end},{at} {end - step},{at - 4} {end - step},{at + 4}"
    group.append(element("polygon", points=points))
    return group


def _text(x: int, y: int, text: str, kind: str) -> Element:
    return element("text", text, x=str(x), y=str(y), text_anchor="middle", class_=kind)


def _line(x1: int, y1: int, x2: int, y2: int, kind: str) -> Element:
    return element("line", x1=str(x1), y1=str(y1), x2=str(x2), y2=str(y2), class_=kind)
