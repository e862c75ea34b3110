"""Every page, opened in French and in English: nothing on it is left in the other language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from base import territories
from base.models import Comment
from base.workflow.actions import take
from intake.models import ImportRun
from intake.runs import import_file
from kpis.models import Deviation, NightlyRun, Target, TargetProposal
from kpis.proposals import FLOW, propose_target
from runtime.messages import read, strings, texts
from tests.accounts.url_table import ROWS
from tests.cast import PASSWORD, Cast
from tests.guards.floors import ROOT
from tests.guards.untranslated import WORDS, visible
from tests.kpis import shop
from tests.kpis.world import ORDER_COLUMNS, ask, taken_back

# Words of one language that the other does not have.
ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|to|with|this|that|from|your|you|by|was|were|has|have|been|its|it|there|for|not|will|"
    r"which|who|their|they|an?d|open|closed|please|required|field|choose|invalid|enter|must|than|off|until|days?|week)\b",
    re.IGNORECASE,
)
FRENCH = re.compile(
    r"\b(?:le|la|les|des|du|une|et|est|sont|avec|pour|dans|sur|que|qui|votre|vous|ce|cette|aucune?|par|pas|au|aux|"
    r"ou|jour|mois|année|semaine|champ|saisissez)\b|\b[ldnsjcq]'[a-zéèêà]",
    re.IGNORECASE,
)


@dataclass
class Reader:
    """One person (or nobody), signed in with a password as people do, who reads in one language."""

    person: User | None
    language: str
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = self.language
        if self.person:
            told = {"login": self.person.email, "password": PASSWORD}
            assert self.client.post(reverse("account_login"), told).status_code == 302
        self.cookies = self.client.cookies.output(header="", sep=";")

    def page(self, method: str, url: str, data: Mapping[str, Any] | None = None) -> str:
        """The HTML at the end of the road; empty where there is none (files, errors of the test's own making)."""
        User.objects.update(language=self.language)  # of the visitor, and of whom an invitation speaks to
        self.client.cookies = SimpleCookie(self.cookies)  # an answer may have signed out
        response = getattr(self.client, method)(url, data, follow=True)
        html = response.headers.get("Content-Type", "").startswith("text/html")
        return response.content.decode() if html else ""


def pieces(html: str) -> set[str]:
    return {text for _line, text in visible(html)}


@cache
def same_in_both() -> re.Pattern[str]:
    """What French says as English does, knowingly, whatever its placeholders stand for."""
    catalogue = read(ROOT / "locale/fr/LC_MESSAGES/django.po")
    same = {
        one
        for m in catalogue
        if m.id
        for one, other in zip(texts(m), strings(m), strict=False)
        if one == other
    }
    return re.compile("|".join(re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(text)) for text in same))


# What the cast and the shop of the tests brought in, and what has one name everywhere.
DATA = re.compile(
    r"\S+@\S+|\S+\.(?:csv|gz)|[\w-]+/[\w/+-]+|N\d+,.*|utf-8|\bpts\b|\b[A-Z]{2}\b|\b[CO]-?(?:\d+|MONSTER)(?:-\d)?\b|"
    r"\b(?:Vigie|English|Français|CSV|Excel|Advisers|Traffic|Customer service|customer-service|E-commerce|e-commerce|"
    r"Logistics|logistics|Told|Martel|French Days|SEA|SEO|desktop|mobile|channel|device|chair|jar|zoe|"
    r"[a-z]+_[a-z_]+|orders|revenue|CHAIR|JAR|customer|product|quantity)\b"
)


@cache
def places() -> frozenset[str]:
    """Countries, currencies and places with one name in both languages."""
    lists = (territories.countries, territories.currencies, territories.timezones)
    found = []
    for code in ("fr", "en"):
        with translation.override(code):
            found.append({name for choices in lists for _code, name in choices()})
    return frozenset(set.intersection(*found))


def left_over(french: str, english: str) -> list[str]:
    """Pieces of the two pages that are in the wrong language, or that nobody translated."""
    people = "|".join(map(re.escape, User.objects.values_list("full_name", flat=True)))
    data = re.compile(f"{people}|{DATA.pattern}" if people else DATA.pattern)
    in_french, in_english = pieces(french), pieces(english)
    same = {
        text
        for text in in_french & in_english - places()
        if not same_in_both().fullmatch(text.removesuffix(" · Vigie"))
    }
    wrong = {text for text in in_french if ENGLISH.search(data.sub("", text))}
    wrong |= {text for text in in_english if FRENCH.search(data.sub("", text))}
    return sorted(text for text in same | wrong if WORDS.search(data.sub("", text)))


READERS = ("director", "administrator", "hr", "manager", "member", "anonymous")


@pytest.fixture
def readers(cast: Cast, settings: Any, tmp_path: Path) -> dict[str, dict[str, Reader]]:
    settings.MEDIA_ROOT = tmp_path
    return {role: {code: Reader(cast.person(role), code) for code in ("fr", "en")} for role in READERS}


def compared(reader: Mapping[str, Reader], method: str, url: str) -> list[str]:
    pages = []
    for code in ("fr", "en"):
        with taken_back():
            pages.append(reader[code].page(method, url))
    return [f"{method} {url}: {text}" for text in left_over(*pages)] if all(pages) else []


def without_choices(html: str) -> str:
    """Countries and time zones are named by the CLDR."""
    return re.sub(r"<option.*?</option>", "", html)


def test_every_url_speaks_one_language(cast: Cast, readers: dict[str, dict[str, Reader]]) -> None:
    """The pages, and the errors of the forms that are sent empty."""
    faults = []
    for name, row in ROWS.items():
        for method, roles in (("get", row.read), ("post", row.write)):
            if not roles:  # for programs, which read no language
                continue
            with taken_back():
                url = reverse(name, kwargs=dict(row.kwargs(cast)))
                faults += compared(readers[next(role for role in READERS if role in roles)], method, url)
    assert faults == [], "\n".join(faults)


def furnish(cast: Cast, folder: Path) -> None:
    """A shop with rejected rows, a night, a view of a past day, a target, and deviations in each state."""
    world = shop.open_shop(folder)
    good = [f"N{n},2026-10-30 10:00,chair,1,9,zoe,SEO,mobile" for n in range(9)]
    bad = ["N9,soon,chair,1,9,zoe,SEO,mobile", "N10,2026-10-30 10:00,chair,one,9,zoe,SEO,mobile"]
    import_file(world.file("\n".join([ORDER_COLUMNS, *good, *bad])), kind="orders")
    bounds = ("--start", "2026-10-01", "--end", "2026-12-31")
    ask("set_target", "--indicator", "orders", *bounds, "--value", "100")
    ask("set_target", "--indicator", "orders", *bounds, "--value", "9000")
    october: dict[str, Any] = {
        "indicator": "orders",
        "start": date(2026, 10, 1),
        "end": date(2026, 10, 31),
        "value": Decimal(400),
    }
    proposal = propose_target(**october, by=cast.manager, at=timezone.now(), reason="Told")
    take(FLOW, record=proposal, code="return", by=cast.director, at=timezone.now(), revision=0, reason="Told")
    shop.night()
    shop.night(shop.days_before(10))
    seen: dict[str, Any] = {
        "owner": cast.director,
        "acknowledged_by": cast.manager,
        "acknowledged_at": timezone.now(),
    }
    shop.deviation(state="snoozed", snoozed_until=shop.LAST, snooze_reason="Told", **seen)
    shop.deviation("orders", state="closed", closed_on=shop.LAST, evidence={"reason": "no_activity"})
    kind = ContentType.objects.get_for_model(Deviation)
    for found in Deviation.objects.all():
        Comment.objects.create(content_type=kind, object_id=found.pk, author=cast.manager, text="Told")


def pages_of_the_shop() -> list[str]:
    pages = [
        "/",
        "/?grain=day",
        "/?grain=wtd",
        "/indicators/",
        "/indicators/orders/?grain=month&by=channel&over=ytd",
    ]
    pages += [
        "/indicators/cancelled_share/?grain=week",
        "/deviations/?state=all&owner=mine",
        "/targets/?state=all",
        "/targets/proposals/",
    ]
    pages += [
        "/deviations/?state=all",
        f"/deviations/?as_of={shop.days_before(10)}",
        "/nights/",
        "/notifications/",
    ]
    for model, name in (
        (Deviation, "deviation_detail"),
        (ImportRun, "import_detail"),
        (ImportRun, "import_undo"),
        (NightlyRun, "night_detail"),
        (Target, "target_detail"),
        (TargetProposal, "target_proposal_detail"),
    ):
        pages += [reverse(name, args=[found.pk]) for found in model.objects.order_by("pk")[:12]]
    return pages


def test_the_pages_of_a_shop_speak_one_language(
    cast: Cast, readers: dict[str, dict[str, Reader]], tmp_path: Path
) -> None:
    furnish(cast, tmp_path)
    pages = pages_of_the_shop()
    assert len(pages) > 25
    faults = [fault for url in pages for fault in compared(readers["director"], "get", url)]
    assert faults == [], "\n".join(faults)


@pytest.mark.django_db
def test_the_first_page_speaks_one_language() -> None:
    reader = {code: Reader(None, code) for code in ("fr", "en")}
    assert "Maison" not in reader["fr"].page("get", "/")
    for method in ("get", "post"):
        pages = [without_choices(reader[code].page(method, reverse("start"))) for code in ("fr", "en")]
        assert left_over(*pages) == []


def test_mails_speak_the_language_of_their_reader(cast: Cast) -> None:
    """An invitation, a forgotten password, and the notice that a password was changed."""
    told = {"email": "new@martel.example", "full_name": "New", "role": "member", "language": "fr"}
    Reader(cast.administrator, "fr").page("post", reverse("person_invite"), told)
    Reader(None, "fr").page("post", reverse("account_reset_password"), {"email": cast.manager.email})
    new = {"oldpassword": PASSWORD, "password1": "tout-autre-chose-9", "password2": "tout-autre-chose-9"}
    Reader(cast.director, "fr").page("post", reverse("account_change_password"), new)
    sent = [f"{message.subject}\n{message.body}" for message in mail.outbox]
    assert len(sent) == 3
    assert [text for text in sent if ENGLISH.search(DATA.sub("", text))] == []


@pytest.mark.django_db
def test_what_is_left_over_is_found() -> None:
    page = "<h1>{}</h1><p>{}</p>"
    assert left_over(page.format("Clients", "Brand new"), page.format("Customers", "Brand new")) == [
        "Brand new"
    ]
    assert left_over(page.format("The file", "x"), page.format("Le fichier", "x")) == [
        "Le fichier",
        "The file",
    ]
