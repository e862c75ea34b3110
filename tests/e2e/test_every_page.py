"""Every page there is, as the people who may open it see it: accessible, whole, still, and in one language."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from axe_playwright_python.base import AXE_SCRIPT
from babel.messages.pofile import read_po
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, expect

from runtime.instance import ROOT
from tests.accounts.url_table import ROWS
from tests.cast import PASSWORD
from tests.e2e.conftest import Visitor, sign_in, visiting
from tests.e2e.instance import Live
from tests.e2e.watch import MOST_SHIFT, shift_of, sideways

# Names that have no page of their own: they answer to a POST, with a file, a fragment or a redirection.
PAGELESS = {
    *("account_logout", "set_language", "set_theme", "person_invite_again", "role_request_answer"),
    *("organisation_request_answer", "place_end", "stand_in_remove"),
    *("deviation_acknowledge", "deviation_assign", "deviation_snooze", "deviation_wake", "deviation_comment"),
    *("night_run", "night_retry", "import_example", "import_progress", "import_rejects", "import_again"),
    *("notification_open", "notification_read", "notification_read_all"),
    *("mfa_download_recovery_codes", "health", "ready", "metrics", "event_skip", "event_remove"),
    *("stand_in_add", "sign_in_link_ask", "director_too", "address_proof_send", "token_end"),
    "target_proposal_move",
    *("calendar_make", "calendar_end", "calendar_feed"),
    "saved_view_add",
    *("rows_template", "rows_drop"),
    *("deviation_attach", "deviation_detach", "deviation_attachment"),
    *(name for name, row in ROWS.items() if row.by_token),
    "api_description",
}
# Pages only seen on the way in, by people who do not stand in the door now.
PASSING = {
    *("start", "invitation_accept", "account_inactive", "mfa_authenticate", "mfa_reauthenticate"),
    *("sign_in_link", "address_confirm", "event_edit", "saved_view_edit"),
    *("rows_import", "rows_columns"),  # of a file one gave: tests/e2e/test_rows.py
}
# Reached through a form or a mail, or by who knows the address; given here by hand.
HAND_GIVEN = (
    "/sign-in/",
    "/sign-in/confirm/",
    "/sign-in/link/sent/",
    "/password/reset/",
    "/password/reset/sent/",
    "/password/reset/1-set-password/",
    "/password/reset/done/",
    "/notifications/",
    "/notifications/preferences/",
    "/preferences/",
    "/second-factor/",
    "/second-factor/app/",
    "/second-factor/app/remove/",
    "/second-factor/codes/",
    "/second-factor/codes/new/",
)
NAMES = {"Customer service"}  # of a department of the cast
TEXTS = """() => {
  const foreign = "code, [translate=no], [lang]:not(html)", texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest(foreign)) texts.push(walker.currentNode.data);
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`)) texts.push(element.getAttribute(name));
  return [document.title.replace(" · Vigie", ""), ...texts.map(text => text.trim())];
}"""
VIOLATIONS = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.map(
  rule => `${rule.id}: ${rule.nodes.map(node => `${node.html.slice(0, 160)} (${node.failureSummary})`).join(" | ")}`)"""
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 360, "height": 800}
# Where a page may not be wider than what shows it; 640 px is a laptop at 200 %, 690 px a sheet of A4.
SIZES = {"a phone": 360, "200 %": 640, "a tablet": 768, "a large screen": 1920}
PAPER: ViewportSize = {"width": 690, "height": 980}
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(h => h.checkVisibility())
  .map(h => Number(h.tagName[1]))"""
# The keyboard was used last, so focus given by script shows as focus given by Tab does.
UNSEEN_FOCUS = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter(element => element.checkVisibility() && !element.disabled && element.type !== "hidden")
  .filter(element => {
    element.focus();
    const shown = [element, element.closest(".tile")].some(e => e && getComputedStyle(e).outlineStyle !== "none");
    return document.activeElement === element && !shown;
  }).map(element => element.outerHTML.slice(0, 120))"""


class Links(HTMLParser):
    """The addresses a page links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href") and "download" not in given:
            self.found.append(str(given["href"]))


def name_of(address: str) -> str:
    try:
        return str(resolve(urlsplit(address).path).url_name)
    except Resolver404:
        return ""


def pages_from(context: BrowserContext, *starts: str) -> dict[str, str]:
    """URL name → the first address found for it, following links from the starts, one page of each name."""
    found: dict[str, str] = {}
    waiting = list(starts)
    while waiting:
        address = waiting.pop(0)
        name = name_of(address)
        if not name or name in found or name in PAGELESS:
            continue
        answer = context.request.get(address, max_redirects=0)
        if answer.status == 200:
            found[name] = address
            waiting += [urljoin(answer.url, link) for link in Links(answer.text()).found]
    return found


@pytest.fixture(scope="module")
def foreign() -> dict[str, set[str]]:
    """Language → the texts of the catalogue that are of the other one."""
    with (ROOT / "locale/fr/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file, locale="fr")
    said = {_singular(message.id): _singular(message.string) for message in catalogue if message.id}
    english, french = set(said), set(said.values()) - {""}
    return {"fr": english - french, "en": french - english}


def _singular(text: Any) -> str:
    return str(text if isinstance(text, str) else text[0])


def foreign_left(page: Page, foreign: set[str]) -> list[str]:
    """Texts of a page in the other language; what is code or a name apart."""
    return sorted(set(page.evaluate(TEXTS)) & foreign - NAMES)


def faults(page: Page, where: str) -> Iterator[str]:
    """What axe finds, one sentence a rule."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    yield from (f"{where}: {found}" for found in page.evaluate(VIOLATIONS))


def theme(page: Page, name: str) -> None:
    page.evaluate(f"document.documentElement.dataset.theme = '{name}'")


def too_wide(page: Page) -> Iterator[str]:
    """Where the page is wider than the window, or than paper."""
    for size, width in SIZES.items():
        page.set_viewport_size({"width": width, "height": 800})
        if over := sideways(page):
            yield f"{over} px too wide for {size}"
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    if over := sideways(page):
        yield f"{over} px too wide for paper"
    page.emulate_media(media="screen")


def misread(page: Page) -> Iterator[str]:
    """What stands in the way of those who hear the page or walk it by keyboard."""
    levels = page.evaluate(HEADINGS)
    jumps = [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]
    if levels[:1] != [1] or levels.count(1) != 1 or jumps:
        yield f"headings out of order: {levels}"
    page.keyboard.press("Tab")
    yield from (f"focus is not shown on {element}" for element in page.evaluate(UNSEEN_FOCUS))


def look(page: Page, address: str, language: str, foreign: set[str]) -> Iterator[str]:
    """What is wrong with a page: wide in one theme, then narrow in the other; the other way round in English."""
    first, second = ("light", "dark") if language == "fr" else ("dark", "light")
    page.set_viewport_size(WIDE)
    page.goto(address)
    if page.locator("[data-explore]").count():
        page.locator("[data-explore]").first.scroll_into_view_if_needed()  # drawn when first seen
        page.wait_for_selector("[data-drawn]")
    yield from (f"{address} {language}: not translated: {text}" for text in foreign_left(page, foreign))
    theme(page, first)
    yield from faults(page, f"{address} {language} {first} wide")
    if (moved := shift_of(page)) > MOST_SHIFT:
        yield f"{address} {language}: moved by itself ({moved:.3f})"
    yield from (f"{address} {language}: {fault}" for fault in (*misread(page), *too_wide(page)))
    page.set_viewport_size(NARROW)
    theme(page, second)
    yield from faults(page, f"{address} {language} {second} narrow")


def confirmed(page: Page, email: str) -> Page:
    """Signed in, and their password just given once more, as what touches the security of an account asks."""
    sign_in(page, email)
    page.goto("/second-factor/app/")
    page.locator("main input[name=password]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/second-factor/**")
    return page


@pytest.fixture(scope="module")
def fresh(browser: Browser, live: Live, people: dict[str, str]) -> StorageState:
    """Somebody who could set up a second factor now."""
    with visiting(browser, live) as visitor:
        return confirmed(visitor.page(), people["contributor"]).context.storage_state()


@pytest.fixture(scope="module")
def guarded(browser: Browser, live: Live, people: dict[str, str]) -> StorageState:
    """Somebody who just set up a second factor, codes and all."""
    with visiting(browser, live) as visitor:
        page = confirmed(visitor.page(), people["guarded"])
        page.locator("main summary").click()
        secret = page.locator("main code").inner_text()
        page.locator("main input[name=code]").fill(
            format_hotp_value(hotp_value(secret, int(time.time() // 30)))
        )
        page.get_by_role("button", name="Turn it on").click()
        page.wait_for_url(lambda url: not url.endswith("/app/"))
        return page.context.storage_state()


def record_of(page: Page, name: str) -> str:
    """The address of somebody's record, from the list of people."""
    page.goto("/people/?per_page=200")
    return urlsplit(str(page.get_by_role("link", name=name).first.get_attribute("href"))).path


@dataclass(frozen=True)
class Seen:
    """As whom which addresses are looked at."""

    state: StorageState | None
    addresses: list[str]


@pytest.fixture
def seen(
    visitor: Visitor,
    director: StorageState,
    administrator: StorageState,
    guarded: StorageState,
    fresh: StorageState,
    night: str,
    proposal: str,
    people: dict[str, str],
) -> list[Seen]:
    """Every page of the product once, as the first of these who may open it."""
    hr = visitor.page()
    sign_in(hr, people["hr"])
    record = record_of(
        visitor.page(administrator), "Nadia Fournier"
    )  # of HR: it has pages that others' have not
    by_hand = (*HAND_GIVEN, f"{record}departments/", f"{record}leaving/")
    looked: dict[str, str] = {}
    found: list[Seen] = []
    for state in (director, administrator, hr.context.storage_state(), guarded, fresh, None):
        pages = pages_from(visitor.context(state), "/", *by_hand)
        found.append(Seen(state, [address for name, address in pages.items() if name not in looked]))
        looked |= pages
    unseen = sorted(set(ROWS) - PAGELESS - PASSING - set(looked))
    assert unseen == [], ", ".join(unseen)
    return found


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_is_sound(
    visitor: Visitor, seen: list[Seen], foreign: dict[str, set[str]], language: str
) -> None:
    wrong: list[str] = []
    for each in seen:
        page = visitor.page(each.state, locale=f"{language}-FR")
        if each.state is not None:
            _speak(page, language)
        for address in each.addresses:
            wrong += look(page, address, language, foreign[language])
    assert wrong == [], "\n".join(wrong)


def _speak(page: Page, language: str) -> None:
    page.goto("/")
    page.locator(".menu > summary").click()
    page.locator(f"button[name=language][value={language}]").click()
    expect(page.locator("html")).to_have_attribute("lang", language)
