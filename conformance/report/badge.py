"""A badge: how many of the requirements that apply were kept."""

from __future__ import annotations

from xml.etree import ElementTree

from conformance.judging.entry import REQUIREMENT
from conformance.report.document import Report
from conformance.requirements.verdict import Outcome

TITLE = "iii conformance"
GREEN, YELLOW, RED, GREY = "#2e7d32", "#b26a00", "#c62828", "#616161"
LETTER = 6.6
"""The width of a letter at the badge's size, on average."""


def image(report: Report) -> str:
    """The badge as SVG."""
    words, colour = label(report)
    left, right = (round(len(text) * LETTER + 14) for text in (TITLE, words))
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": "20",
            "role": "img",
            "aria-label": f"{TITLE}: {words}",
        },
    )
    for x, width, fill, text in ((0, left, "#444", TITLE), (left, right, colour, words)):
        place = {"x": str(x), "width": str(width), "height": "20", "fill": fill}
        ElementTree.SubElement(svg, "rect", place)
        middle = {"x": str(x + width // 2), "y": "14", "fill": "#fff", "text-anchor": "middle"}
        font = {"font-family": "Verdana, DejaVu Sans, sans-serif", "font-size": "11"}
        ElementTree.SubElement(svg, "text", middle | font).text = text
    return ElementTree.tostring(svg, encoding="unicode")


def label(report: Report) -> tuple[str, str]:
    """The words and the colour."""
    count = report.counts[REQUIREMENT]
    outcomes = count.outcomes
    if not count.judged:
        return "not judged", GREY
    if count.unasked:
        return f"partial: {outcomes[Outcome.PASSED]}/{count.total}", GREY
    failed = outcomes[Outcome.FAILED] + outcomes[Outcome.FIXED]
    applicable = count.total - outcomes[Outcome.NOT_APPLICABLE]
    words = f"{outcomes[Outcome.PASSED]}/{applicable}"
    if failed:
        return f"{words}, {failed} failed", RED
    if known := outcomes[Outcome.KNOWN_FAILURE]:
        return f"{words}, {known} known", YELLOW
    doubtful = outcomes[Outcome.WARNING] + outcomes[Outcome.FLAKY]
    return words, YELLOW if doubtful else GREEN
