"""Every page of a company as large as the demo's stays under 100 kB of HTML, before the charts one explores."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from base.models import Notification
from intake.models import ImportRun, State
from kpis.cuts import ensure_cuts
from kpis.models import (
    Coverage,
    Deviation,
    Dimension,
    Fact,
    Gap,
    Indicator,
    Measure,
    NightlyRun,
    Publication,
    Source,
)
from kpis.packs.load import load_pack
from kpis.segments import ensure_segments
from runtime.instance import ROOT
from tests.cast import Cast
from tests.kpis.world import ask

SignIn = Callable[[User | None], Client]
MOST = 100_000  # bytes
LAST = date(2026, 11, 22)
DAYS, VALUES = 760, 12
PACK = ROOT / "kpis/packs/ecommerce.toml"
EXPLORED = re.compile(rb' data-explore="[^"]*"')


@pytest.fixture
def company(cast: Cast, settings: Any, tmp_path: Path) -> None:
    """The shipped catalogue, twelve values of each dimension, two years of figures, a night, and full lists."""
    settings.MEDIA_ROOT = tmp_path
    load_pack(PACK.read_text())
    runs = ImportRun.objects.bulk_create(
        ImportRun(
            filename=f"exported_orders_of_the_shop_{n}.csv", path="x", kind="facts", source="shop", state=State.DONE,
            size=1, sha256=f"{n:064}", finished_at=timezone.now(),
        )
        for n in range(30)
    )  # fmt: skip
    source = Source.objects.create(code="shop", name="Shop", kind="facts")
    _facts(source, runs[0])
    night = NightlyRun.objects.create(as_of=LAST, state="done", finished_at=timezone.now())
    Publication.objects.create(run=night, at=timezone.now())
    _gaps(night)
    _deviations(cast)
    Notification.objects.bulk_create(
        Notification(user=cast.director, key=str(n), plain="A deviation is yours.", url="/")
        for n in range(60)
    )
    bounds = ("--start", "2026-01-01", "--end", "2026-12-31")
    for code in Indicator.objects.exclude(direction="range").values_list("code", flat=True)[:30]:
        ask("set_target", "--indicator", code, *bounds, "--value", "123456")


def _facts(source: Source, run: ImportRun) -> None:
    measures = list(Measure.objects.exclude(code__contains="customers"))
    names = list(Dimension.objects.values_list("code", flat=True))
    cuts = ensure_cuts(source, [[], *([name] for name in names)], measures)
    ensure_segments({name: f"value {n} of {name}"} for name in names for n in range(VALUES))
    whole, days = ensure_segments([{}])["{}"], [LAST - timedelta(days=n) for n in range(DAYS)]
    Coverage.objects.create(run=run, source=source, start=days[-1], end=LAST)
    total = next(cut for cut in cuts if not cut.dimensions)
    revenue = next(m for m in measures if m.code == "gross_revenue")
    parts = ensure_segments({"channel": f"value {n} of channel"} for n in range(VALUES))
    by_channel = next(cut for cut in cuts if cut.dimensions == ["channel"])
    places = [(total, whole), *((by_channel, pk) for pk in parts.values())]
    Fact.objects.bulk_create(
        Fact(cut=cut, measure=revenue, segment_id=pk, date=day, value=98765 + n * 37 % 4321)
        for cut, pk in places
        for n, day in enumerate(days)
    )


def _gaps(night: NightlyRun) -> None:
    whole = ensure_segments([{}])["{}"]
    spark = [1000 + 300 * (n % 7 > 4) + (n * 7919) % 101 for n in range(60)]  # calm weeks and busy week-ends
    Gap.objects.bulk_create(
        Gap(
            run=night, indicator=indicator, segment_id=whole, grain=grain, start=LAST.replace(day=1), end=LAST,
            value=1234567.8, target=1200000.0 if place % 2 else None, n1=1300000.0, n1_now=1234567.8,
            status="red" if place % 2 else "none", signal="noise", spark=spark if grain == "day" else None,
        )
        for place, indicator in enumerate(Indicator.objects.all())
        for grain in ("day", "wtd", "mtd", "week", "month")
    )  # fmt: skip


def _deviations(cast: Cast) -> None:
    segments = list(ensure_segments({"channel": f"value {n} of channel"} for n in range(VALUES)).values())
    Deviation.objects.bulk_create(
        Deviation(
            indicator=indicator, segment_id=segments[n % VALUES], rule="signal", grain="day",
            start=LAST - timedelta(days=n), end=LAST - timedelta(days=n), severity="high", value=1234.5,
            reference=999.9, low=900.0, high=1100.0, gap=234.6, gap_relative=0.23, money=-234.6,
            opened_on=LAST, updated_on=LAST, owner=cast.director,
        )
        for indicator in Indicator.objects.all()
        for n in range(3)
    )  # fmt: skip


def addresses() -> Iterator[str]:
    yield from ("/", "/?grain=day", "/indicators/", "/indicators/?grain=month")
    for code in ("gross_revenue", "conversion_rate"):
        for query in ("", "?table=1", "?by=channel&table=1", "?grain=week&table=1"):
            yield f"/indicators/{code}/{query}"
    yield from (
        "/deviations/",
        "/deviations/?state=all",
        "/targets/",
        "/targets/new/",
        "/targets/year/?year=2026",
        "/imports/",
        "/imports/new/",
    )
    yield from ("/nights/", "/notifications/", "/preferences/")
    for model, name in (
        (Deviation, "deviation_detail"),
        (ImportRun, "import_detail"),
        (NightlyRun, "night_detail"),
    ):
        found = model.objects.first()
        assert found
        yield reverse(name, args=[found.pk])


def size(response: Any) -> int:
    assert response.status_code == 200
    return len(EXPLORED.sub(b"", response.content))


def test_no_page_is_larger_than_agreed(company: None, cast: Cast, as_: SignIn) -> None:
    director = as_(cast.director)
    User.objects.update(language="fr")  # the longer of the two
    sizes = {url: size(director.get(url)) for url in addresses()}
    assert max(sizes.values()) > MOST / 2, "the pages are as good as empty"
    assert {url: found for url, found in sizes.items() if found > MOST} == {}
