"""Pages made from templates, so that no text of a worker can ever become markup.

Every value is escaped, and every text is made visible first: a page must contain neither control
characters nor halves of surrogate pairs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from conformance.report.console import MARKS
from conformance.requirements.verdict import Outcome

_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | {
    0x7F: 0x2421
}
"""Control characters, and the Unicode pictures of them."""

TITLES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.WARNING: "warning",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.NOT_VERIFIED: "not verified",
    Outcome.KNOWN_FAILURE: "known failure",
    Outcome.FIXED: "fixed, still listed",
    Outcome.FLAKY: "flaky",
}
"""The words for each outcome on a page."""


def render(template: str, *packages: str, **values: Any) -> str:
    """The page that a template renders from these values.

    Templates are looked up in ``templates`` of this package and of ``packages``. The value
    ``assets`` is where stylesheet and script are; without it they are embedded in the page.
    """
    values = {"assets": "", **values}
    return environment(*packages).get_template(template).render(values).strip() + "\n"


@cache
def environment(*packages: str) -> Environment:
    """The templates of this package and of ``packages``, with what they all use."""
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader(name) for name in ("conformance.report", *packages)],
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    made.globals |= {"Outcome": Outcome}
    made.filters |= {"css": css_class, "mark": lambda o: MARKS[o][0], "title_of": TITLES.get}
    return made


def visible(text: str) -> str:
    """Text without control characters and halves of surrogate pairs."""
    return text.translate(_PICTURES).encode("utf-8", "replace").decode()


def css_class(outcome: Outcome) -> str:
    """The CSS class of an outcome."""
    return outcome.value.replace(" ", "-")
