"""The approval's page in Chromium, as the local cloud serves it: on a phone, without scripts, by keyboard."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.api.conftest import Asked
from tests.e2e.conftest import Deployed

pytestmark = pytest.mark.xdist_group("local_cloud")

PHONE: ViewportSize = {"width": 375, "height": 740}
TOUCH = 44  # CSS pixels, https://www.w3.org/TR/WCAG22/#target-size-enhanced

Ask = Callable[[], Asked]


def chromium() -> str:
    """The browser. Where there is none it is installed in CI, and elsewhere the tests are skipped."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI") == "true":
        root = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*root, "apt-get", "update", "--quiet"], check=True)
        subprocess.run([*root, "apt-get", "install", "--yes", "--quiet", "chromium"], check=True)
        found = shutil.which("chromium")
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(names)} (Debian: apt install chromium)")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        # A container has no user namespaces for Chromium's sandbox; it only ever sees the page under test.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page on a phone."""
    contexts = []

    def open_one(url: str, *, scripts: bool = True, scheme: Literal["light", "dark"] = "light") -> Page:
        context = browser.new_context(viewport=PHONE, java_script_enabled=scripts, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        return page

    yield open_one
    for context in contexts:
        context.close()


def test_a_phone_without_scripts_shows_what_is_asked_and_decides(
    deployed: Deployed, asked: Ask, open_page: Callable[..., Page]
) -> None:
    session_id, link = asked()
    page = open_page(link, scripts=False)

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("cust-123")
    expect(page.get_by_role("main")).to_contain_text("50.00")
    expect(page.locator("time")).to_have_text(re.compile(r"^\w+day \d+ \w+ \d{4}, \d\d:\d\d UTC$"))
    page.get_by_label("Comment").fill("Fine by me.\nGo on.")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Approved")
    expect(page.get_by_role("main")).to_contain_text("Fine by me.")
    said = page.get_by_role("main").inner_text()
    page.goto(link)
    assert page.get_by_role("main").inner_text() == said
    assert deployed.ended_record(session_id)["outcome"] == "confirmed"


def test_the_page_fits_a_phone_and_its_targets_fit_a_finger(asked: Ask, open_page: Callable[..., Page]) -> None:
    page = open_page(asked().link)

    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for name in ("Approve", "Reject"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TOUCH


def test_opening_the_page_with_scripts_decides_nothing_and_loads_nothing_else(
    deployed: Deployed, asked: Ask, browser: Browser
) -> None:
    session_id, link = asked()
    before = deployed.waiting(session_id)
    context = browser.new_context()
    page = context.new_page()
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(f"{request.method} {request.url}"))
    page.on("console", lambda message: said.append(message.text))

    page.goto(link, wait_until="networkidle")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.reload(wait_until="networkidle")
    context.close()

    assert set(requested) == {f"GET {link}"}
    assert said == []
    assert deployed.record(session_id) == before
    assert deployed.request("HEAD", link).status == 404
    assert deployed.record(session_id) == before


def test_the_keyboard_alone_decides(deployed: Deployed, asked: Ask, open_page: Callable[..., Page]) -> None:
    session_id, link = asked()
    page = open_page(link)

    page.keyboard.press("Tab")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("Too expensive.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Tab")
    reject = page.get_by_role("button", name="Reject")
    expect(reject).to_be_focused()
    expect(reject).to_have_css("outline-style", "solid")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Rejected")
    assert deployed.ended_record(session_id)["outcome"] == "rejected"


def test_a_screen_reader_is_told_what_everything_is(asked: Ask, open_page: Callable[..., Page]) -> None:
    page = open_page(asked().link)

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("main")).to_match_aria_snapshot("""
        - main:
          - heading [level=1]
          - paragraph
          - term: Customer
          - definition
          - table "What it is about":
            - caption
            - rowgroup:
              - row:
                - columnheader "Item"
                - columnheader "Quantity"
                - columnheader "Amount"
            - rowgroup:
              - row:
                - rowheader
                - cell "2"
                - cell
            - rowgroup:
              - row:
                - rowheader "Total"
                - cell
          - heading "Your decision" [level=2]
          - paragraph
          - textbox "Comment (optional; kept with the decision)"
          - button "Approve"
          - button "Reject"
    """)


def test_a_second_person_is_told_what_was_decided(
    deployed: Deployed, asked: Ask, open_page: Callable[..., Page]
) -> None:
    _, link = asked()
    late = open_page(link)
    assert deployed.decide(link, "approve").status == 200

    late.get_by_role("button", name="Reject").click()

    expect(late.get_by_role("heading", level=1)).to_have_text("Already approved")
    expect(late.get_by_role("main")).to_contain_text("Another decision came first")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_devices_colours(scheme: str, asked: Ask, open_page: Callable[..., Page]) -> None:
    page = open_page(asked().link, scheme=scheme)

    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(map(int, re.findall(r"\d+", background)[:3])) / 3

    assert (brightness > 127) == (scheme == "light")
