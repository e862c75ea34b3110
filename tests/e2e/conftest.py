"""One live instance and one browser for the whole folder, and the road walked on it, one step a fixture.

Each step (first start, people, imports, target, night) is done once, through the pages, by the first test that needs
it; a test run alone walks as much of the road as it needs.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

from conftest import CHROMIUM
from tests.cast import PASSWORD
from tests.e2e.files import OrderFile, order_files
from tests.e2e.instance import Live, instance
from tests.e2e.watch import MOST_SHIFT, Watch, shift_of

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 90.0  # seconds for a worker to finish what a page shows the progress of


@pytest.hookimpl(tryfirst=True)  # before those without a browser are skipped
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that visit the live instance on one process of a parallel run, as they share it."""
    for item in items:
        if "live" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with instance(tmp_path_factory.mktemp("e2e") / "home") as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """Opens pages of the live instance, each under watch; ``check`` fails on what any of them had to say."""

    browser: Browser
    live: Live
    stack: ExitStack
    watches: list[Watch] = field(default_factory=list)

    def context(self, state: StorageState | None = None, **options: Any) -> BrowserContext:
        usual = {"base_url": self.live.url, "locale": "en-GB", "viewport": {"width": 1280, "height": 900}}
        context = self.browser.new_context(storage_state=state, **{**usual, **options})
        context.set_default_timeout(15_000)
        self.stack.callback(context.close)
        return context

    def page(
        self, state: StorageState | None = None, *, allowed: frozenset[int] = frozenset(), **options: Any
    ) -> Page:
        """A new page; ``state`` is somebody's sign-in, ``allowed`` the HTTP errors provoked on purpose."""
        watch = Watch(allowed)
        self.watches.append(watch)
        return watch.over(self.context(state, **options).new_page())

    def check(self) -> None:
        found = [sentence for watch in self.watches for sentence in watch.found]
        assert found == [], self.live.log.read_text()[-4000:]


@contextmanager
def visiting(browser: Browser, live: Live) -> Iterator[Visitor]:
    with ExitStack() as stack:
        visitor = Visitor(browser, live, stack)
        yield visitor
    visitor.check()


@pytest.fixture
def visitor(browser: Browser, live: Live) -> Iterator[Visitor]:
    with visiting(browser, live) as visitor:
        yield visitor


def settled(page: Page) -> None:
    """The page is whole, and nothing on it moved by itself on the way."""
    page.wait_for_load_state("networkidle")
    assert shift_of(page) <= MOST_SHIFT, page.url


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("E-mail").or_(page.get_by_label("Email")).fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "sign-in" not in url)


# ---- the road -------------------------------------------------------------------------------------------------------

DIRECTOR = "alice.moreau@jars.example"


@pytest.fixture(scope="package")
def administrator(browser: Browser, live: Live) -> StorageState:
    """The first start: a company and its administrator, who is then signed in before an empty cockpit."""
    with visiting(browser, live) as visitor:
        page = visitor.page()
        page.goto("/imports/")  # any page leads there
        expect(page).to_have_url(f"{live.url}/start/")
        settled(page)
        _name_the_company(page)
        page.get_by_label("Your name").fill("Marie Durand")
        page.get_by_label("Your e-mail").fill("marie.durand@jars.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password (again)").fill(PASSWORD)
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_text("Vigie is ready.")).to_be_visible()
        expect(page.get_by_role("heading", name="waiting for its first figures")).to_be_visible()
        return page.context.storage_state()


def _name_the_company(page: Page) -> None:
    page.get_by_label("Company name").fill("Jars & Co")
    page.get_by_label("Country").select_option("GB")
    page.get_by_label("Currency").select_option("GBP")
    page.get_by_label("Time zone").select_option("Europe/London")


@pytest.fixture(scope="package")
def director(browser: Browser, live: Live, administrator: StorageState) -> StorageState:
    """Invited through the page by the administrator; the link travels by e-mail only, and the director accepts it."""
    with visiting(browser, live) as visitor:
        _invite(visitor.page(administrator))
        link = live.letter(r"http://\S+/invitation/\S+")
        page = visitor.page()
        page.goto(link)
        settled(page)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password (again)").fill(PASSWORD)
        page.get_by_role("button", name="Save and sign in").click()
        expect(page.get_by_text("Welcome, Alice Moreau.")).to_be_visible()
        return page.context.storage_state()


def _invite(page: Page) -> None:
    page.goto("/people/")
    page.get_by_role("link", name="Invite a person").click()
    page.get_by_label("E-mail").fill(DIRECTOR)
    page.get_by_label("Name").fill("Alice Moreau")
    page.get_by_label("Role").select_option("director")
    page.get_by_label("Language").select_option("en")
    page.locator("main form button").click()
    expect(page.get_by_text("the link only travels by e-mail")).to_be_visible()


@pytest.fixture(scope="package")
def people(live: Live, administrator: StorageState) -> dict[str, str]:
    """Role → the address one of it signs in with (password: PASSWORD). Made in one go: they are not what is tried."""
    found: dict[str, str] = json.loads(live.run("-m", "tests.e2e.furnish"))
    return found


@dataclass(frozen=True)
class Imported:
    """An order file the director gave, and the path of its page."""

    file: OrderFile
    path: str


@pytest.fixture(scope="package")
def imported(
    browser: Browser, live: Live, director: StorageState, tmp_path_factory: pytest.TempPathFactory
) -> list[Imported]:
    """December and January, each through the form, their progress watched until it is over."""
    files = order_files(tmp_path_factory.mktemp("orders"))
    with visiting(browser, live) as visitor:
        return [_import(visitor.page(director), file) for file in files]


def _import(page: Page, file: OrderFile) -> Imported:
    page.goto("/imports/new/")
    settled(page)
    give(page, file.path)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("Rows accepted")).to_be_visible(timeout=PATIENCE * 1000)  # no reload: htmx polls
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator("#run .badge").first).to_have_text("Imported")
    return Imported(file, urlsplit(page.url).path)


def give(page: Page, path: Path) -> None:
    """Send a file through the import form."""
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Import", exact=True).click()


@pytest.fixture(scope="package")
def target(browser: Browser, live: Live, director: StorageState, imported: list[Imported]) -> str:
    """The path of a target for January's gross revenue, seen by month before it was saved."""
    with visiting(browser, live) as visitor:
        page = visitor.page(director)
        page.goto("/targets/")
        page.get_by_role("link", name="Set a target").first.click()
        page.get_by_label("Indicator").select_option("gross_revenue")
        expect(page.get_by_label("Lower bound")).to_have_count(0)  # htmx: only what the indicator asks for
        page.get_by_label("From", exact=True).fill("2011-01-01")
        page.get_by_label("To", exact=True).fill("2011-01-31")
        page.get_by_label("Value").fill("800000")
        page.get_by_role("button", name="See it by month").click()
        expect(page.locator("#preview")).to_contain_text("£800,000")
        page.get_by_role("button", name="Save this target").click()
        expect(page.get_by_text("The target is set.")).to_be_visible()
        settled(page)
        return urlsplit(page.url).path


@pytest.fixture(scope="package")
def proposal(browser: Browser, live: Live, people: dict[str, str], target: str) -> str:
    """The path of a target that a manager proposed, and that waits for the director."""
    with visiting(browser, live) as visitor:
        page = visitor.page()
        sign_in(page, people["manager"])
        page.goto("/targets/")
        page.get_by_role("link", name="Propose a target").click()
        page.get_by_label("Indicator").select_option("orders")
        page.get_by_label("From", exact=True).fill("2011-02-01")
        page.get_by_label("To", exact=True).fill("2011-02-28")
        page.get_by_label("Value").fill("1200")
        page.get_by_label("Why this target").fill("Two more markets")
        page.get_by_role("button", name="See it by month").click()
        page.get_by_role("button", name="Propose this target").click()
        expect(page.get_by_text("The target is proposed.")).to_be_visible()
        settled(page)
        return urlsplit(page.url).path


@pytest.fixture(scope="package")
def night(browser: Browser, live: Live, director: StorageState, target: str) -> str:
    """The path of the night of 31 January 2011, run from the page and watched until its last step."""
    with visiting(browser, live) as visitor:
        page = visitor.page(director)
        page.goto("/nights/")
        expect(page.get_by_label("As of the end of")).to_have_value("2011-01-31")  # the last day known
        page.get_by_role("button", name="Run the night").click()
        expect(page.get_by_role("progressbar")).to_be_visible()
        expect(page.get_by_text("Deviations opened")).to_be_visible(timeout=PATIENCE * 1000)
        expect(page.get_by_role("progressbar")).to_have_count(0)
        return urlsplit(page.url).path
