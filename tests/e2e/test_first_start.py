"""From an empty instance to people who may each open what their role lets them."""

import pytest
from playwright.sync_api import Browser, StorageState, expect

from conftest import CHROMIUM
from tests.cast import ROLES
from tests.e2e.conftest import ARGUMENTS, DIRECTOR, Visitor, sign_in
from tests.e2e.instance import Live

READING = ["Cockpit", "My day", "Indicators", "Deviations", "Targets", "Imports", "Night runs"]
SEEN = {role: READING for role in ROLES} | {
    "outsider": ["Cockpit", "My day"],
    "manager": [*READING, "People"],
    "other_manager": [*READING, "People"],
    "top_management": [*READING, "People"],
    "hr": [*READING, "People", "Reads of records"],
    "director": [*READING, "People", "Roles to grant"],
    "analyst": [*READING, "Company and calendar"],
    "administrator": [*READING, "People", "Roles to grant", "Company and calendar"],
}


def test_an_invited_director_signs_in(visitor: Visitor, director: StorageState) -> None:
    page = visitor.page()
    sign_in(page, DIRECTOR)
    expect(page.get_by_role("heading", name="Cockpit", level=1)).to_be_visible()
    page.get_by_text("Alice Moreau").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{visitor.live.url}/sign-in/")


def test_a_wrong_password_is_said_in_words(visitor: Visitor, director: StorageState) -> None:
    page = visitor.page()
    page.goto("/sign-in/")
    page.get_by_label("Email").or_(page.get_by_label("E-mail")).fill(DIRECTOR)
    page.get_by_label("Password", exact=True).fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".summary")).to_be_visible()
    expect(page.locator(".summary")).to_be_focused()


def test_the_back_button_shows_nothing_after_signing_out(
    browser: Browser, live: Live, director: StorageState
) -> None:
    """In a browser that keeps pages in memory to show them again at once, as people's browsers do."""
    keeping = browser.browser_type.launch(
        executable_path=CHROMIUM, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    )
    page = keeping.new_page(base_url=live.url, locale="en-GB")
    sign_in(page, DIRECTOR)
    page.goto("/indicators/")
    page.goto("/preferences/")
    page.get_by_text("Alice Moreau").first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{live.url}/sign-in/")
    for left in ("/preferences/", "/indicators/", "/"):
        page.evaluate("history.back()")
        expect(page).to_have_url(f"{live.url}/sign-in/?next={left}")
        expect(page.get_by_text("Alice Moreau")).to_have_count(0)
    keeping.close()


@pytest.mark.parametrize("role", [role for role in ROLES if role != "anonymous"])
def test_each_role_is_offered_what_it_may_open(visitor: Visitor, people: dict[str, str], role: str) -> None:
    page = visitor.page()
    sign_in(page, people[role])
    links = page.get_by_role("navigation", name="Main").get_by_role("link")
    assert [text.strip() for text in links.all_inner_texts()] == SEEN[role]
    for path in [link.get_attribute("href") for link in links.all()]:
        page.goto(str(path))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
