"""The pages in Chromium: two widths, light and dark, by keyboard, and accessible to everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

pytestmark = pytest.mark.browser

WIDE, NARROW = 1280, 390
REPORT = "workers/mail/report.html"
PAGES = ("index.html", REPORT, "requirements/INV-002.html", "findings.html", "compare.html")

Open = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, pages: Path) -> Iterator[Open]:
    """Opens a page; any console message and any request to a network fails the test."""
    faults: list[str] = []
    contexts: list[Any] = []

    def opened(name: str, width: int = WIDE, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("requestfailed", lambda request: faults.append(f"not found: {request.url}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:"))
                else faults.append(f"asks for {request.url}")
            ),
        )
        page.goto(
            f"{(pages / name.partition('#')[0]).as_uri()}#{name.partition('#')[2]}".rstrip("#")
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_keeps_anybody_out(
    open_page: Open, axe: Path, name: str, width: int, scheme: str
) -> None:
    page = open_page(name, width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach((d, i) => { d.open = i < 40; })")

    page.add_script_tag(path=str(axe))
    found = page.evaluate("axe.run(document, { preload: false })")

    violations = [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]
    assert violations == []
    assert len(found["passes"]) > 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(open_page: Open, name: str) -> None:
    page = open_page(name)
    ids: dict[Path, set[str]] = {}
    broken = []
    for address in set(page.eval_on_selector_all("a[href]", "links => links.map(l => l.href)")):
        parts = urlsplit(address)
        file = Path(unquote(parts.path))
        if file not in ids and file.suffix == ".html" and file.is_file():
            ids[file] = set(re.findall(r'\bid="([^"]+)"', file.read_text("utf-8")))
        if not file.is_file() or (parts.fragment and unquote(parts.fragment) not in ids[file]):
            broken.append(address)

    assert broken == []


def shown(page: Any) -> int:
    """How many rows of a page are visible."""
    number: int = page.locator("[data-outcome]:visible").count()
    return number


@pytest.mark.parametrize("name", ["index.html", REPORT])
def test_filters_choose_what_is_shown(open_page: Open, name: str) -> None:
    page = open_page(name)
    everything = shown(page)

    page.select_option("#level", "MUST")
    musts = shown(page)
    page.select_option("#phase", "connecting")
    connecting = shown(page)
    page.fill("#search", "con-001")
    one = shown(page)

    assert everything > musts > connecting > one == 1
    assert page.locator("#shown").inner_text() == f"1 of {everything} are shown"
    page.select_option("#level", "")
    page.select_option("#phase", "")
    page.fill("#search", "")
    assert shown(page) == everything
    for button in page.locator("button[aria-pressed]").all():
        button.click()
    assert shown(page) == 0
    assert page.locator(".phase:visible").count() == 0
    page.get_by_role("button", name="failed").first.click()
    rows = page.locator("[data-outcome]:visible")
    assert 0 < rows.count() < everything
    assert all("failed" in row.get_attribute("data-outcome") for row in rows.all())


def test_the_keyboard_does_it_all(open_page: Open) -> None:
    page = open_page(REPORT)

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("/")
    page.keyboard.type("CON-001")
    assert shown(page) == 1
    row = page.locator("#CON-001")
    before = row.get_attribute("open")
    row.locator("> summary").focus()
    page.keyboard.press("Enter")
    assert row.get_attribute("open") != before


def test_a_link_to_a_verdict_opens_it(open_page: Open) -> None:
    passed = open_page(REPORT).locator('[data-outcome="passed"]').first.get_attribute("id")

    page = open_page(f"{REPORT}#{passed}")

    row = page.locator(f"#{passed}")
    assert row.get_attribute("open") is not None
    assert row.evaluate("row => row.getBoundingClientRect().top") < 900


def test_commands_are_copied(open_page: Open) -> None:
    page = open_page(REPORT)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = page.locator(".verdict[open] .copyable").first

    box.get_by_role("button").click()

    box.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == box.locator("code").inner_text()


def test_differences_and_what_the_verdict_rests_on_are_marked(open_page: Open) -> None:
    page = open_page(REPORT)
    account = page.locator(".verdict[open]").first

    assert account.locator("mark").count() > 0
    assert account.locator(".talk .cited").count() == 2
    long = account.locator(".talk details pre").last
    assert long.is_visible() is False
    account.get_by_text("whole message").last.click()
    assert long.is_visible() is True


def test_the_heads_of_the_matrix_stay(open_page: Open) -> None:
    page = open_page("index.html", NARROW)
    grid = page.locator(".grid")

    grid.evaluate("grid => grid.scrollTo(60, 2000)")

    box, head = grid.bounding_box(), page.locator(".grid thead th").first.bounding_box()
    assert abs(head["y"] - box["y"]) <= 2
    assert abs(head["x"] - box["x"]) <= 2


def test_without_scripts_everything_is_there(browser: Any, pages: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto((pages / REPORT).as_uri())

    assert page.locator("#filter").is_hidden()
    assert page.locator(".verdict > summary").count() > 100
    context.close()
