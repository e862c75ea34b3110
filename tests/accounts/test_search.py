"""Search: words and codes, accents or none, whatever is typed; and never more than the person may open."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from accounts.search import KINDS, MOST_WORDS, found_of, groups_of, words_of
from intake.models import ImportRun
from kpis.models import Deviation, Indicator, Segment
from tests.accounts.object_table import ROWS
from tests.accounts.url_table import NO_KIND, a_deviation, an_import, an_indicator
from tests.cast import Cast, person

SignIn = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db
SUGGEST = {"HX-Request": "true", "HX-Target": "suggestions"}


def found(client: Client, asked: str, **more: str) -> str:
    answer = client.get("/search/", {"q": asked, **more})
    assert answer.status_code == 200
    return answer.content.decode()


def titles(user: User, asked: str) -> dict[str, list[str]]:
    return {group.kind.code: [hit.label for hit in group.hits] for group in groups_of(user, asked, most=9)}


def test_each_kind_is_held_against_each_relation() -> None:
    """In the table of objects, whose test asks search too."""
    models = {kind.rows(User()).model for kind in KINDS.values()}
    assert models == {row.model for row in ROWS if row.found}


# ---- words ------------------------------------------------------------------------------------------------------

NAME = "Chiffre d’affaires — Œuvres à l’étranger (Straße)"


@pytest.mark.parametrize(
    "asked",
    [
        "etranger", "ÉTRANGER", "étrang", "e\u0301tranger", "oeuvre", "ŒUVRES", "strasse", "affaires", "affaire",
        "chiffres d’affaires", "net_of tax", "net_of_tax", "NET-OF", "  etranger   oeuvres ", "étrangers",
    ],
)  # fmt: skip
def test_accents_case_codes_and_plurals(asked: str, cast: Cast) -> None:
    Indicator.objects.create(code="net_of_tax", name_fr=NAME, name_en="Sales", formula="1", unit="money")
    assert titles(cast.director, asked) != {}


@pytest.mark.parametrize(
    "asked", ["tranger", "oeuvre absente", "of_net x", "sale*x", "étranger & !oeuvre | zzz"]
)
def test_every_word_counts_from_its_beginning(asked: str, cast: Cast) -> None:
    Indicator.objects.create(code="net_of_tax", name_fr=NAME, name_en="Sales", formula="1", unit="money")
    assert titles(cast.director, asked) == {}


@pytest.mark.parametrize(
    "text", [NAME, "ÀÉÎÕÜ ñç", "a_b-c.d/e", "Ǆ ﬁn ½", "İı", "日本 語", "x" * 300, "ßøłđæ"]
)
def test_what_is_asked_and_what_is_kept_are_folded_alike(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(search_words(%s))", [text])
        (kept,) = cursor.fetchone()
    asked = words_of(text)
    assert asked
    assert all(any(word.startswith(one) for word in kept) for one in asked), (asked, kept)


# ---- hostile questions ------------------------------------------------------------------------------------------

HOSTILE = (
    "", " ", "x" * 10_000, "a " * 5_000, "'", "''", "\\", "a' | 'b", "':*", "!", "& | ! <-> ( )", "%", "_", "%%s",
    "'; DROP TABLE accounts_user; --", "<script>alert(1)</script>", "\ud7ff\uffff", "\u202e", "💥", "a:*b",
    "é" * 3_000, "\u0301" * 500, "9" * 400, "-1", "1e9", "{}", "\n\t",
)  # fmt: skip


@pytest.mark.parametrize("asked", HOSTILE, ids=lambda asked: ascii(asked[:20]))
def test_whatever_is_typed_is_answered(asked: str, cast: Cast, as_: SignIn) -> None:
    director = as_(cast.director)
    assert len(words_of(asked)) <= MOST_WORDS
    page = found(director, asked)
    assert "<script>alert" not in page
    assert len(page) < 60_000
    for kind in (*KINDS, "no_such"):
        found(director, asked, kind=kind, page="-1")
    assert director.get("/search/", {"q": asked}, headers=SUGGEST).status_code == 200


def test_what_no_text_holds_is_refused(cast: Cast, as_: SignIn) -> None:
    assert as_(cast.director).get("/search/?q=%00").status_code == 400
    assert as_(cast.director).get("/search/?q=%ff%fe").status_code == 200


# ---- who finds what ---------------------------------------------------------------------------------------------


def test_closed_figures_are_found_by_those_they_are_open_to(cast: Cast) -> None:
    indicator = Indicator.objects.get(**an_indicator(cast))
    a_deviation(cast)
    assert set(titles(cast.analyst, "revenue")) == {"indicators", "deviations"}
    indicator.right = "open_raw_rows"
    indicator.save()
    assert titles(cast.analyst, "revenue") == {}
    assert set(titles(cast.director, "revenue")) == {"indicators", "deviations"}


def test_deviations_by_indicator_and_segment_together_open_ones_first(cast: Cast) -> None:
    a_deviation(cast)
    shown = Deviation.objects.get()
    shown.segment = Segment.objects.create(key='{"channel": "Téléphone"}', values={"channel": "Téléphone"})
    shown.save()
    assert "deviations" in titles(cast.member, "revenue telephone")
    assert "deviations" in titles(cast.member, str(shown.pk))
    assert titles(cast.member, "revenue courrier") == {}
    shown.view = shown.start
    shown.save()
    assert "deviations" not in titles(cast.member, "telephone")  # as a past day saw it


# ---- the page ---------------------------------------------------------------------------------------------------


def files(count: int) -> None:
    ImportRun.objects.bulk_create(
        ImportRun(
            filename=f"commandes_{n}.csv", path="none", sha256="0" * 64, size=1, asked=NO_KIND, kind="orders"
        )
        for n in range(count)
    )


def test_a_kind_with_many_is_counted_and_shown_by_pages(cast: Cast, as_: SignIn) -> None:
    files(30)
    director = as_(cast.director)
    page = found(director, "commandes")
    assert page.count("commandes_") == 8
    assert '<span class="muted">30</span>' in page
    assert "kind=imports" in page
    every = found(director, "commandes", kind="imports")
    assert every.count("commandes_") == 25
    assert found(director, "commandes", kind="imports", page="2").count("commandes_") == 5
    files(100)
    assert "more than 100" in found(director, "commandes")


def test_suggestions_are_a_part_of_a_page(cast: Cast, as_: SignIn) -> None:
    an_import(cast)
    part = as_(cast.director).get("/search/", {"q": "orders"}, headers=SUGGEST).content.decode()
    assert "orders.csv" in part
    assert "<html" not in part
    assert "/search/?q=orders" in part


def test_every_page_has_the_field_and_it_works_as_a_form(cast: Cast, as_: SignIn) -> None:
    page = as_(cast.member).get("/preferences/").content.decode()
    assert 'role="search" action="/search/"' in page
    assert "What do you look for?" in found(as_(cast.member), "")
    assert "Nothing found" in found(as_(cast.member), "zzz")


def test_constant_queries(cast: Cast, as_: SignIn, django_assert_num_queries: Any) -> None:
    director = as_(cast.director)
    files(3)
    for n in range(3):
        person(f"Commandes {n}", Role.MEMBER)
    with django_assert_num_queries(11):
        found(director, "commandes")
    for more in range(2):
        files(90)
        for n in range(20):
            person(f"Commandes {more} {n}", Role.MEMBER)
            code = f"commandes_{more}_{n}"
            Indicator.objects.create(code=code, name_fr="x", name_en="x", formula="1", unit="count")
        with django_assert_num_queries(14):  # what there is more of is counted
            found(director, "commandes")


def test_the_indices_serve(cast: Cast) -> None:
    """At the size of ten years of files, none is read through: told by the plan, as no clock would be."""
    files(5_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_importrun")
    plan = found_of(KINDS["imports"], cast.director, ["commandes", "4321"]).explain()
    assert "import_search" in plan


def test_a_word_that_no_file_has_is_looked_up_in_the_index(cast: Cast) -> None:
    """Where folding a name costs nothing, the planner reads all of 145,600 files: a second for each word."""
    ImportRun.objects.bulk_create(
        ImportRun(filename="day.csv", path="day.csv", size=1, sha256="0" * 64) for _n in range(5_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_importrun")
    plan = ImportRun.objects.filter(KINDS["imports"].matches("absent")).order_by()[:1].explain()
    assert "import_search" in plan
