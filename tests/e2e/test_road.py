"""The main job in a browser: files in, a target, a night, and what it found read, explained and handled."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, StorageState, expect

from tests.e2e.conftest import Imported, Visitor, give, settled, sign_in
from tests.e2e.files import CANCELLED, ORDERED


def test_an_import_says_what_it_took(
    visitor: Visitor, director: StorageState, imported: list[Imported]
) -> None:
    for each in imported:
        page = visitor.page(director)
        page.goto(each.path)
        settled(page)
        assert fact(page, "Rows read") == f"{each.file.lines:,}"
        accepted, rejected = (
            int(fact(page, f"Rows {what}").replace(",", "")) for what in ("accepted", "rejected")
        )
        assert accepted + rejected == each.file.lines
        assert fact(page, "Gross revenue").startswith("£")


def fact(page: Page, term: str) -> str:
    """What a definition list says under a term."""
    row = page.locator("dl.facts > div", has=page.get_by_text(term, exact=True))
    return row.locator("dd").first.inner_text().strip()


def test_the_same_file_again_changes_nothing(
    visitor: Visitor, director: StorageState, imported: list[Imported]
) -> None:
    page = visitor.page(director)
    page.goto("/imports/new/")
    give(page, imported[0].file.path)
    expect(page.get_by_text("Unchanged")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("portrait.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, ""),
        ("words.csv", b"apple;pear\n1;2\n", ""),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(
    visitor: Visitor, director: StorageState, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    page = visitor.page(director)
    page.goto("/imports/new/")
    give(page, path)
    expect(page.get_by_text("Refused")).to_be_visible(timeout=60_000)
    sentence = page.locator("#run [role=status]").inner_text()
    assert said in sentence
    assert re.fullmatch(r"[A-Z].{15,}\.", sentence, re.DOTALL)


def test_an_import_can_be_undone_and_read_again(
    visitor: Visitor, director: StorageState, imported: list[Imported], tmp_path: Path
) -> None:
    path = tmp_path / "returns.csv"
    path.write_text("date,refunds\n2011-01-10,12.50\n2011-01-11,8.90\n")
    page = visitor.page(director)
    page.goto("/imports/new/")
    give(page, path)
    expect(page.get_by_text("Rows accepted")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Undo this import").click()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text(re.compile(r"The import is undone: \d+ facts? changed."))).to_be_visible()
    expect(page.get_by_text("Undone", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Read the same file again").click()
    expect(page.get_by_role("link", name="Undo this import")).to_be_visible(timeout=60_000)


def test_the_director_agrees_to_what_a_manager_proposed(
    visitor: Visitor, director: StorageState, proposal: str
) -> None:
    page = visitor.page(director)
    page.goto("/targets/")
    page.get_by_role("link", name="1 proposal waiting").click()
    page.get_by_role("link", name="Orders").click()
    expect(page).to_have_url(re.compile(f"{proposal}$"))
    expect(page.locator("#workflow")).to_contain_text("Two more markets")
    page.get_by_role("button", name="Agree and set the target").click()
    expect(page.locator("#workflow .badge")).to_have_text("Agreed")
    page.get_by_role("link", name="The target", exact=True).click()
    expect(page.get_by_text("1,200").first).to_be_visible()


def test_what_is_typed_while_the_form_changes_stays(
    visitor: Visitor, director: StorageState, imported: list[Imported]
) -> None:
    page = visitor.page(director)
    page.goto("/targets/new/")
    held: list[Route] = []
    changed = re.compile(r"/targets/new/\?")

    def hold(route: Route) -> None:
        """A line so slow that one types on meanwhile."""
        held.append(route)

    page.route(changed, hold)
    with page.expect_request(changed):
        page.get_by_label("Indicator").select_option("gross_revenue")
    page.get_by_label("From", exact=True).fill("2011-01-01")
    page.get_by_label("Value").fill("800000")
    for route in held:
        route.continue_()
    expect(page.get_by_label("Lower bound")).to_have_count(0)  # the form for this indicator has come
    expect(page.get_by_label("From", exact=True)).to_have_value("2011-01-01")
    expect(page.get_by_label("Value")).to_have_value("800000")


def test_a_target_adds_up_over_its_month(visitor: Visitor, director: StorageState, target: str) -> None:
    page = visitor.page(director)
    page.goto(target)
    settled(page)
    expect(page.locator("main")).to_contain_text("£800,000")


def test_the_cockpit_tells_the_state_of_the_business(
    visitor: Visitor, director: StorageState, night: str
) -> None:
    page = visitor.page(director)
    page.goto("/")
    settled(page)
    expect(page.get_by_text("Figures as of")).to_contain_text("31 Jan 2011")
    expect(page.locator(".tiles").get_by_text("Gross revenue")).to_be_visible()
    matter = page.get_by_role("region", name="Deviations that matter").get_by_role("link")
    expect(matter.filter(has_text="Cancelled value").first).to_be_visible()


def open_the_cancellations(page: Page) -> None:
    """From the cockpit to the page of January's cancelled value, as a reader goes."""
    page.goto("/deviations/")
    row = page.get_by_role("row").filter(has_text="Cancelled value").filter(has_text="January 2011")
    row.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancelled value")


def test_the_page_of_a_deviation_names_the_orders_behind_it(
    visitor: Visitor, director: StorageState, night: str
) -> None:
    page = visitor.page(director)
    open_the_cancellations(page)
    settled(page)
    heaviest = page.get_by_role("region", name="The cancellations that weigh most").get_by_role("row").nth(1)
    expect(heaviest).to_contain_text(CANCELLED)
    expect(heaviest).to_contain_text(ORDERED)
    expect(heaviest).to_contain_text("77,183.60")
    heaviest.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/imports/\d+/$"))


def test_a_deviation_is_acknowledged_given_discussed_and_set_aside(
    visitor: Visitor, director: StorageState, night: str, people: dict[str, str]
) -> None:
    page = visitor.page(director)
    open_the_cancellations(page)
    here = page.url
    page.get_by_role("button", name="Acknowledge").click()
    handling = page.locator("#handling")
    expect(handling.get_by_text("Alice Moreau, ")).to_be_visible()
    handling.get_by_label("Owner").select_option(label="Sophie Roux")
    handling.get_by_role("button", name="Assign").click()
    expect(handling.locator("dd").first).to_have_text("Sophie Roux")
    handling.get_by_label("Your comment").fill("A typing error at the till: taken back 16 minutes later.")
    handling.get_by_role("button", name="Comment").click()
    expect(handling.get_by_text("taken back 16 minutes later")).to_be_visible()
    handling.locator("summary").click()
    handling.get_by_label("Reason").fill("One single order")
    handling.get_by_role("button", name="Snooze").click()
    expect(handling.get_by_text("One single order").first).to_be_visible()
    assert page.url == here
    page.reload()
    expect(handling.get_by_text("One single order").first).to_be_visible()
    expect(handling.locator("dd").first).to_have_text("Sophie Roux")


def test_an_indicator_is_explored_through_its_form(
    visitor: Visitor, director: StorageState, night: str
) -> None:
    page = visitor.page(director)
    page.goto("/indicators/gross_revenue/")
    page.wait_for_selector("[data-drawn]")
    settled(page)
    page.get_by_label("Show").select_option("month")
    page.wait_for_url("**grain=month**")
    page.get_by_label("Split by").select_option(label="Country")
    expect(page.get_by_role("heading", name="By Country")).to_be_visible()
    page.get_by_label("Segment").select_option("country=France")
    expect(page.get_by_role("heading", name="Over time · ")).to_contain_text("France")
    page.wait_for_selector("#figures [data-drawn]")


def test_everything_but_exploring_works_without_javascript(
    visitor: Visitor, director: StorageState, night: str
) -> None:
    page = visitor.page(director, java_script_enabled=False)
    page.goto("/deviations/?state=all")
    page.get_by_role("row").filter(has_text="Cancelled value").first.get_by_role("link").first.click()
    page.get_by_label("Your comment").fill("Read without JavaScript.")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_text("Read without JavaScript.")).to_be_visible()
    page.get_by_role("link", name="The indicator").click()
    expect(page.locator("svg.chart__frame:visible")).to_have_count(1)
    page.get_by_label("Show").select_option("week")
    page.get_by_role("button", name="Filter").click()
    assert "grain=week" in page.url
    page.get_by_role("link", name="Detailed table and comparisons").click()
    expect(page.locator("#table tbody tr").first).to_be_visible()


def test_language_and_theme_follow_the_person(visitor: Visitor, people: dict[str, str], night: str) -> None:
    page = visitor.page(color_scheme="light")
    sign_in(page, people["polyglot"])
    canvas = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(canvas)
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(canvas) != light
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    again = visitor.page()
    sign_in(again, people["polyglot"])
    expect(again.locator("html")).to_have_attribute("lang", "fr")
    expect(again.locator("html")).to_have_attribute("data-theme", "dark")
