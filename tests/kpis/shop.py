"""A shop of a few weeks whose last month one cancelled order carries, and its nights, for tests of pages."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from base.calendar import Period
from kpis.models import Deviation, Indicator, NightlyRun, Segment
from kpis.nightly import run_night
from tests.kpis.world import World, furnish, pack_text

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 31)
MONSTER, ITS_CREDIT = "O-MONSTER", "C-MONSTER"
MEASURES = (
    ("gross_revenue", "money", "sum", "sum"),
    ("cancelled_value", "money", "sum", "sum"),
    ("orders", "count", "sum", "distinct"),
)
INDICATORS = (
    ("net_revenue", "gross_revenue - cancelled_value", "money", "up"),
    ("cancelled_share", "cancelled_value / gross_revenue", "ratio", "down"),
)


def lines() -> list[str]:
    """Three orders and a credit note a day that vary a little, and the monster on 18 October."""
    out = []
    for n, day in enumerate(Period(FIRST, LAST)):
        for k, channel in enumerate(("SEA", "SEO", "SEO")):
            price = 90 + (n * 7 + k * 13) % 23
            out.append(f"O{n}-{k},{day} 1{k}:00,chair,1,{price},c{(n + k) % 9},{channel},mobile")
        out.append(f"C{n},{day} 15:00,chair,-1,{20 + (n * 5) % 13},c{n % 9},SEO,mobile")
    out.append(f"{MONSTER},2026-10-18 10:01,jar,1000,77.18,zoe,SEO,desktop")
    out.append(f"{ITS_CREDIT},2026-10-18 10:17,jar,-1000,77.18,zoe,SEO,desktop")
    return out


def open_shop(folder: Path) -> World:
    world = furnish(folder, pack_text(MEASURES, INDICATORS, ("channel", "device")))
    Indicator.objects.filter(code="cancelled_value").update(direction="down")
    world.orders(*lines())
    return world


def night(as_of: date = LAST) -> NightlyRun:
    return run_night(as_of=as_of)


def the_deviation() -> Deviation:
    """The live episode of October's cancelled value on the whole."""
    return Deviation.objects.live().get(
        indicator__code="cancelled_value", segment__key="{}", grain="month", rule="signal"
    )


def deviation(code: str = "cancelled_value", **about: Any) -> Deviation:
    """An episode as a night would have left it, without running one."""
    segment, _made = Segment.objects.get_or_create(key="{}", defaults={"values": {}})
    usual: dict[str, Any] = {
        "rule": "signal", "grain": "day", "start": LAST, "end": LAST, "severity": "medium", "value": 150.0,
        "reference": 100.0, "low": 80.0, "high": 120.0, "gap": 50.0, "gap_relative": 0.5, "money": -50.0,
        "opened_on": LAST, "updated_on": LAST,
    }  # fmt: skip
    indicator = Indicator.objects.get(code=code)
    return Deviation.objects.create(indicator=indicator, segment=segment, **(usual | about))


def days_before(count: int) -> date:
    return LAST - timedelta(days=count)
