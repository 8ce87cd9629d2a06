"""The catalogue as a page, and one requirement of it in full."""

from __future__ import annotations

from conformance.report.catalogue import details, page
from conformance.requirements.catalogue import load


def test_the_page_and_the_details_tell_the_source() -> None:
    first = next(iter(load()))

    assert first.source in page(load())
    assert first.source in details(first)
