"""Every component in a real browser, under the real security policy: both themes and languages, phone to desk."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from accounts.models import User
from conftest import CHROMIUM
from tests.cast import Cast

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.base.gallery"),
]
WATCH = """
window.shift = 0; window.refused = [];
new PerformanceObserver(l => { for (const e of l.getEntries()) if (!e.hadRecentInput) window.shift += e.value; })
  .observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", e => window.refused.push(e.effectiveDirective));
"""
WIDTHS = {"phone": 360, "desk": 1280}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright's loop runs in this thread, where Django would take every query of a fixture for an async one.
    patch = pytest.MonkeyPatch()
    patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
    patch.undo()


@pytest.fixture(autouse=True)
def somebody(cast: Cast) -> None:
    """People exist, so that no first start stands before the gallery."""


def opened(browser: Browser, address: str, width: int, errors: list[str]) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.add_init_script(WATCH)
    page.goto(address, wait_until="networkidle")
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("theme", "language"), [("light", "fr"), ("dark", "en")])
def test_the_gallery_is_sound(
    browser: Browser, live_server: Any, theme: str, language: str, width: str
) -> None:
    errors: list[str] = []
    page = opened(browser, f"{live_server.url}/?theme={theme}&language={language}", WIDTHS[width], errors)
    page.locator("[data-explore]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-drawn]", timeout=20_000)
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[width]
    assert page.evaluate("window.refused") == []
    assert page.evaluate("window.shift") == 0
    assert errors == []
    page.close()


def test_without_javascript_the_chart_and_the_menu_are_there(browser: Browser, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(live_server.url)
    assert page.locator("#explored svg.chart__frame:visible").count() == 1
    assert not page.locator("#navigation").is_visible()
    page.locator(".top__menu").click()
    assert page.locator("#navigation a[aria-current=page]").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#navigation").is_visible()
    page.locator("details.disclosure summary").first.click()
    assert page.locator("details.disclosure table tbody tr").first.is_visible()
    context.close()


def test_the_keyboard_reaches_the_content_first_and_menus_close(browser: Browser, live_server: Any) -> None:
    page = opened(browser, live_server.url, 1280, [])
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # a sample of a refused form does not
    page.locator("#forms form").first.evaluate(
        "form => form.noValidate = true"
    )  # so that it is the server that refuses
    page.locator("#forms form").first.locator("button").click()
    expect(page.locator("#forms .summary")).to_be_focused()  # one that was sent takes the focus
    page.evaluate("document.querySelector('.summary').remove()")
    page.evaluate("document.querySelector('.skip').focus()")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.locator("details.menu > summary").click()
    assert page.locator(".menu__body").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".menu__body").is_visible()
    page.close()


LABELS = """() => [...document.querySelectorAll(".chart__frame")].filter(svg => svg.checkVisibility()).flatMap(svg => {
  const card = svg.closest(".card").getBoundingClientRect(), found = [];
  const texts = [...svg.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  for (const [words, box] of texts)
    if (Math.min(box.left - card.left, card.right - box.right, box.top - card.top, card.bottom - box.bottom) < 0)
      found.push(words);
  texts.forEach(([one, a], n) => texts.slice(n + 1).forEach(([other, b]) => {
    const beside = a.right - 1 <= b.left || b.right - 1 <= a.left;
    if (!beside && a.top < b.bottom - 2 && b.top < a.bottom - 2) found.push(`${one} × ${other}`);
  }));
  return found;
})"""
TICKS = """() => {
  const words = found => [...found].map(text => text.textContent.trim()).sort();
  const box = document.querySelector("[data-drawn]");
  const frame = [...box.querySelectorAll(".chart__frame")].find(svg => getComputedStyle(svg).display !== "none");
  return [words(frame.querySelectorAll("text:not(.name)")), words(box.querySelectorAll(".xtick text, .ytick text"))];
}"""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_label_of_a_chart_is_ever_cut_or_hidden(browser: Browser, live_server: Any, language: str) -> None:
    """From the narrowest phone to a large screen: inside its card, and over no other."""
    context = browser.new_context()
    page = context.new_page()
    page.route("**/exploration.js", lambda route: route.abort())
    page.goto(f"{live_server.url}/?language={language}")
    for width in (320, 360, 480, 640, 768, 1024, 1280, 1600, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(LABELS) == [], width
    context.close()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_plotly_writes_the_ticks_of_the_chart_it_replaces(
    browser: Browser, live_server: Any, width: int
) -> None:
    page = opened(browser, f"{live_server.url}/?language=fr", width, [])
    page.locator("[data-explore]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-drawn]", timeout=20_000)
    written, explored = page.evaluate(TICKS)
    assert len(written) > 6
    assert explored == written
    page.close()


SUMS = """() => [...document.querySelectorAll(".sheet :is([data-total], [data-left], [data-sum])")]
  .map(cell => cell.textContent.replace("…", ""))"""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sums_of_a_sheet_are_written_alike_with_and_without_javascript(
    browser: Browser, live_server: Any, language: str
) -> None:
    found = []
    for javascript in (False, True):
        context = browser.new_context(java_script_enabled=javascript)
        page = context.new_page()
        page.goto(f"{live_server.url}/?language={language}")
        found.append(page.evaluate(SUMS))
        context.close()
    plain, followed = found
    assert (
        len([text for text in plain if text]) == 4
    )  # nothing stands for what has a cell that cannot be read
    assert followed == plain


def test_text_twice_as_large_still_fits(browser: Browser, live_server: Any) -> None:
    page = opened(browser, live_server.url, 640, [])  # 1280 px at 200 % zoom
    assert page.evaluate("document.documentElement.scrollWidth") == 640
    page.close()


@pytest.mark.urls(django_settings.ROOT_URLCONF)
def test_the_page_of_components_is_in_the_product(cast: Cast, as_: Callable[[User | None], Client]) -> None:
    """Whoever may open it finds it in their menu; it stays light, and its form keeps nothing."""
    analyst = as_(cast.analyst)
    assert 'href="/design/"' in analyst.get("/preferences/").content.decode()
    assert 'href="/design/"' not in as_(cast.director).get("/preferences/").content.decode()
    page = analyst.get("/design/").content
    assert len(page) < 100_000
    sent = analyst.post("/design/", {"name": ""}).content.decode()
    assert "This field is required." in sent
