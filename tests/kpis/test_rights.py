"""A measure not everybody may read: nothing of it, nor of what is made of it, is on any page of who may not."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.access import Right
from accounts.checks import url_patterns
from accounts.models import User
from base.handling import actions
from base.models import Notification
from base.notify.tell import tell as tell_of
from intake.models import ImportRun
from kpis.catalogue import catalogue_for, catalogue_now
from kpis.models import Deviation, Gap, Indicator, Measure, NightlyRun, Segment, Target
from kpis.night_steps import tell
from kpis.notifications import GIVEN
from kpis.packs.load import load_pack
from kpis.packs.read import PackError
from kpis.packs.write import export_pack
from kpis.targets import set_target
from tests.cast import Cast
from tests.kpis.shop import INDICATORS, LAST, MEASURES, deviation, lines, night
from tests.kpis.world import World, furnish, pack_text

SignIn = Callable[[User | None], Client]

# Made of payroll at one, two and three removes, the last under a name that says nothing.
MADE_OF_IT = ("payroll", "payroll_share", "half_share", "zenith")
SECRETS = (
    *MADE_OF_IT,
    "masse salariale",
    "backstage",
    "424,242",
    "424242",
    "424 242",
    "paie-octobre",
    "hush hush",
)
CLOSED_TO = ("member", "manager", "analyst")  # a reader, who handles deviations, who imports and sets targets


def secret_pack() -> str:
    made = [
        ("payroll_share", "payroll / gross_revenue", "ratio", "down"),
        ("half_share", "payroll_share / 2", "ratio", "down"),
        ("zenith", 'half_share * 3 - cancelled_value[channel="SEO"] / gross_revenue', "score", "up"),
    ]
    measures = [*MEASURES, ("payroll", "money", "sum", "sum"), ("sessions", "count", "sum", "sum")]
    text = pack_text(measures, [*INDICATORS, *made], ("channel", "device"))
    said = '[[measure]]\ncode = "payroll"\n'
    assert text.count(said) == 1
    return text.replace(said, f'{said}right = "{Right.OPEN_RAW_ROWS}"\n')


@pytest.fixture
def company(db: None, tmp_path: Path, cast: Cast) -> World:
    """Orders for all, and the payroll file of October, split by a channel that is nowhere else."""
    world = furnish(tmp_path, secret_pack())
    world.orders(*lines())
    path = world.file("x")
    path.unlink()
    world.load("date,channel,payroll\n2026-10-05,backstage,424242\n2026-10-20,backstage,424242\n", "facts")
    ImportRun.objects.filter(kind="facts").update(filename="paie-octobre.csv", by=cast.administrator)
    Measure.objects.filter(code="payroll").update(name_en="Payroll", name_fr="Masse salariale")
    Indicator.objects.filter(code="net_revenue").update(drivers=["payroll", "orders"], headline=True)
    Indicator.objects.filter(code__in=MADE_OF_IT).update(headline=True)
    set_target(
        indicator="payroll",
        start=date(2026, 10, 1),
        end=LAST,
        value=Decimal(424242),
        at=timezone.now(),
        by=cast.director,
    )
    night()
    Deviation.objects.all().delete()
    lead = deviation("payroll", value=424242, owner=cast.manager, money=-9000)
    part = deviation("net_revenue", part_of=lead, owner=cast.manager, money=-5000)
    other = deviation("gross_revenue", money=-4000)
    deviation("zenith", part_of=other, value=424242, money=-3000)
    actions.comment(item=lead, author=cast.director, text="hush hush", at=timezone.now())
    assert part.part_of == lead
    return world


def said(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{response.headers.get('Location', '')} {content.decode(errors='replace')}".lower()


def addresses_of_it() -> Iterator[str]:
    """Every address of something that is made of it, its file included."""
    objects = {
        "indicator": [*Indicator.objects.filter(code__in=MADE_OF_IT)],
        "deviation": [*Deviation.objects.filter(indicator__code__in=MADE_OF_IT)],
        "target": [*Target.objects.filter(indicator__code__in=MADE_OF_IT)],
        "import": [*ImportRun.objects.filter(kind="facts")],
    }
    for _route, pattern in url_patterns(get_resolver().url_patterns):
        taken = pattern.pattern.converters
        for found in objects.get(str(pattern.name).partition("_")[0], ()):
            if taken.keys() <= {"pk", "code"} and taken:  # a file beside a deviation has its own test
                yield reverse(str(pattern.name), args=[found.pk if "pk" in taken else found.code])


def everywhere(secret: Indicator) -> list[str]:
    """Every page that shows figures, and what can be asked of them."""
    pages = [
        "/",
        "/?grain=day",
        "/indicators/",
        "/indicators/?grain=day",
        "/indicators/?grain=month",
        "/nights/",
    ]
    pages += [f"/nights/{run.pk}/" for run in NightlyRun.objects.all()]
    for code in ("net_revenue", "gross_revenue", "cancelled_share", "sessions"):
        pages += [
            f"/indicators/{code}/",
            f"/indicators/{code}/?by=channel&table=1",
            f"/indicators/{code}/provenance/",
        ]
        pages.append(
            f"/indicators/{code}/provenance/?start=2026-10-01&end=2026-10-31&where=channel=backstage"
        )
    for d in Deviation.objects.exclude(indicator__code__in=MADE_OF_IT):
        pages.append(f"/deviations/{d.pk}/")
    for path in ("/deviations/", "/targets/", "/imports/", "/nights/"):
        pages += [path, f"{path}?_export=csv", f"{path}?state=all", f"{path}?state=all&_export=csv"]
    pages += [
        f"/deviations/?indicator={secret.pk}",
        f"/targets/?indicator={secret.pk}",
        "/deviations/?sort=-money",
    ]
    pages += ["/imports/?kind=facts", "/imports/?q=paie", "/imports/new/", "/imports/example/facts/"]
    pages += ["/targets/new/", f"/targets/new/?indicator={secret.code}", "/notifications/", "/design/"]
    return pages


def test_nothing_of_it_is_anywhere(company: World, cast: Cast, as_: SignIn) -> None:
    for role in CLOSED_TO:
        nothing_is_anywhere(as_(cast.person(role)))
    assert Deviation.objects.get(indicator__code="payroll").state == "open"


def nothing_is_anywhere(client: Client) -> None:
    secret = Indicator.objects.get(code="payroll")
    tried = list(addresses_of_it())
    assert len(tried) >= 25
    for url in tried:
        for method in (client.get, client.post):
            response = method(url)
            assert response.status_code in (403, 404, 405), url
            assert not [word for word in SECRETS if word in said(response).replace(url, "")], url
    for url in everywhere(secret):
        words = said(client.get(url)).replace(url, "")
        asked = re.sub(r"(where=channel(=|%3d)backstage|indicator=payroll|q=paie)", "", words)
        shown = asked.replace("channel: backstage", "") if "where=" in url else asked
        found = [word for word in SECRETS if word in shown]
        assert not found, (url, found, shown[max(0, shown.find(found[0]) - 200) :][:400])


@pytest.mark.parametrize("role", ["director"])
def test_who_has_the_right_finds_it_all(role: str, company: World, cast: Cast, as_: SignIn) -> None:
    """The table above can fail: each of its words is somewhere for who may read it."""
    client, secret = as_(cast.person(role)), Indicator.objects.get(code="payroll")
    pages = [*everywhere(secret), *(url for url in addresses_of_it() if "again" not in url)]
    words = " ".join(said(client.get(url)) for url in pages)
    missing = {word for word in SECRETS if word not in words}
    assert missing <= {"424242", "424 242", "masse salariale"}, missing  # written otherwise in English


def test_counts_are_of_what_one_may_read(company: World, cast: Cast, as_: SignIn) -> None:
    """Under a lead one may not know, each episode stands for itself; companions one may not know are not counted."""
    member, director = as_(cast.member), as_(cast.director)
    seen = {d.indicator.code: d for d in member.get("/deviations/").context["table"].page.object_list.data}
    assert set(seen) == {"net_revenue", "gross_revenue"}
    assert seen["gross_revenue"].more == 0
    all_ = {d.indicator.code: d for d in director.get("/deviations/").context["table"].page.object_list.data}
    assert set(all_) == {"payroll", "gross_revenue"}
    assert (all_["payroll"].more, all_["gross_revenue"].more) == (1, 1)
    assert member.get("/").context["open"].count == 2
    run = NightlyRun.objects.latest("pk")
    counts = member.get(f"/nights/{run.pk}/").context["counts"]
    readable = Gap.objects.filter(run=run).visible_to(cast.member)
    assert counts["gaps"] == readable.count() < run.gaps
    assert counts["indicators"] == readable.values("indicator").distinct().count() < run.indicators
    assert director.get(f"/nights/{run.pk}/").context["counts"]["gaps"] == run.gaps
    steps = member.get(f"/nights/{run.pk}/").context["steps"]
    assert len(steps) == run.steps.count() - len(MADE_OF_IT)


def test_a_formula_launders_nothing(company: World, cast: Cast) -> None:
    def closed(user: User) -> set[str]:
        return set(
            Indicator.objects.exclude(pk__in=Indicator.objects.visible_to(user)).values_list(
                "code", flat=True
            )
        )

    assert closed(cast.member) == closed(cast.analyst) == set(MADE_OF_IT)
    assert closed(cast.director) == set()
    assert closed(cast.outsider) == set(Indicator.objects.values_list("code", flat=True))
    Indicator.objects.filter(code="orders").update(formula="orders + 0 * zenith")
    assert closed(cast.member) == {*MADE_OF_IT, "orders"}
    Indicator.objects.filter(code="sessions").update(right=Right.MANAGE_PEOPLE)
    assert closed(cast.director) == {"sessions"}
    Measure.objects.filter(code="gross_revenue").update(right="of_a_version_to_come")
    assert {"gross_revenue", "net_revenue", "cancelled_share"} <= closed(cast.administrator)
    for person in (cast.member, cast.director, cast.administrator, cast.outsider):
        assert set(catalogue_for(person).indicators) == set(
            Indicator.objects.all().values_list("code", flat=True)
        ) - closed(person), "in the database and in memory alike"


def test_the_catalogue_is_kept_by_rights_not_by_person(company: World, cast: Cast) -> None:
    assert catalogue_for(cast.member) is catalogue_for(cast.analyst)
    assert catalogue_for(cast.director) is catalogue_now()
    assert not set(catalogue_for(cast.member).measures) & set(MADE_OF_IT)


def test_nobody_is_told_of_what_they_may_not_read(company: World, cast: Cast, as_: SignIn) -> None:
    run = NightlyRun.objects.latest("pk")
    Deviation.objects.update(opened_on=run.as_of)
    tell(run)
    told = Notification.objects.get(user=cast.manager)
    part = Deviation.objects.get(indicator__code="net_revenue")
    assert (told.text, told.url) == (
        "New deviation: net_revenue",
        reverse("deviation_detail", args=[part.pk]),
    )
    director = as_(cast.director)
    page = director.get(reverse("deviation_detail", args=[part.part_of_id]))
    assert cast.manager.pk not in [
        pk for pk, _name in page.context["assign_form"].fields["owner"].choices if pk
    ]
    given = director.post(reverse("deviation_assign", args=[part.part_of_id]), {"owner": cast.manager.pk})
    assert given.status_code == 200
    assert given.context["assign_form"].errors


@pytest.mark.parametrize("how", ["right of the measure", "role", "access to the pages"])
def test_what_was_told_is_shown_no_more_once_it_is_closed(
    company: World, cast: Cast, as_: SignIn, how: str
) -> None:
    """A name somebody was told when they might know it, by the night or by a colleague."""
    run = NightlyRun.objects.latest("pk")
    secret = Deviation.objects.get(indicator__code="payroll" if how == "role" else "net_revenue")
    owner = cast.director if how == "role" else cast.manager
    Deviation.objects.filter(pk=secret.pk).update(opened_on=run.as_of, part_of=None, owner=owner)
    tell(run)
    now = timezone.now()
    tell_of(GIVEN, [owner], key="given", at=now, about=secret, name="Ines Leroy")
    name, page = secret.indicator.name, as_(owner).get("/notifications/").content.decode()
    assert name in page
    if how == "right of the measure":
        Measure.objects.filter(code="gross_revenue").update(right=Right.OPEN_RAW_ROWS)
    else:
        User.objects.filter(pk=owner.pk).update(role="member" if how == "role" else "none")
    client, note = as_(User.objects.get(pk=owner.pk)), Notification.objects.filter(user=owner).first()
    page = client.get("/notifications/").content.decode()
    assert name not in page
    assert note is not None
    assert client.get(reverse("notification_open", args=[note.pk])).status_code == 404


def test_what_one_does_with_an_incident_stays_with_what_one_may_read(
    company: World, cast: Cast, as_: SignIn
) -> None:
    part = Deviation.objects.get(indicator__code="net_revenue")
    as_(cast.analyst).post(reverse("deviation_acknowledge", args=[part.pk]))
    assert {d.indicator.code for d in Deviation.objects.exclude(acknowledged_at=None)} == {"net_revenue"}


def test_a_target_cannot_be_set_on_it_unseen(company: World, cast: Cast, as_: SignIn) -> None:
    asked = {
        "indicator": "payroll",
        "segment": "whole",
        "start": "2026-11-01",
        "end": "2026-11-30",
        "value": "5",
    }
    page = as_(cast.analyst).post("/targets/new/", asked)
    assert page.status_code == 200
    assert page.context["form"].errors["indicator"]
    assert "backstage" not in str(page.context["form"].fields["segment"].choices)
    assert Segment.objects.filter(values={"channel": "backstage"}).exists()


@pytest.mark.parametrize("layout", ["wide", "long"])
def test_who_may_not_read_it_cannot_bring_it(layout: str, company: World, cast: Cast) -> None:
    text = (
        "date,payroll\n2026-11-02,5\n" if layout == "wide" else "date,measure,value\n2026-11-02,payroll,5\n"
    )
    path = company.file(text)
    from intake.runs import import_file

    run = import_file(path, kind="facts", by=cast.analyst)
    assert run.state == "refused"
    assert import_file(path, kind="facts", by=cast.director).state == "done"


def test_a_pack_says_the_right_and_gives_it_back(company: World) -> None:
    text = export_pack()
    assert text.count(f'right = "{Right.OPEN_RAW_ROWS}"') == 1
    Measure.objects.filter(code="payroll").update(right=Right.VIEW_FIGURES)
    load_pack(text)
    assert Measure.objects.get(code="payroll").right == Right.OPEN_RAW_ROWS
    with pytest.raises(PackError, match="payroll: right is “everybody”"):
        load_pack(text.replace(f'right = "{Right.OPEN_RAW_ROWS}"', 'right = "everybody"'))
