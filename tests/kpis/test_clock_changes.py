"""The two nights of the year that have no 2:30, or two of them: one night run each, and orders on their own day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import LazySettings

from kpis.models import NightlyRun, NightState
from kpis.nightly import advance
from kpis.tasks import start_due_night
from tests.kpis.world import World, furnish, pack_text

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Paris: 2:00 becomes 3:00, 3:00 becomes 2:00
LOOK = timedelta(minutes=10)


@pytest.fixture
def world(db: None, tmp_path: Path) -> World:
    measures = (("sessions", "count", "sum", "sum"), ("gross_revenue", "money", "sum", "sum"))
    return furnish(tmp_path, pack_text(measures, (), ()))


def nights_started(first: datetime, last: datetime) -> list[tuple[date, datetime]]:
    """The nights the schedule starts between two instants, looking every ten minutes: each one's day, and when.

    Each is carried to its end before the next look, so that nothing but the clock keeps a second one away.
    """
    found: list[tuple[date, datetime]] = []
    now = first
    while now <= last:
        with time_machine.travel(now, tick=False):
            start_due_night()
            for run in NightlyRun.objects.filter(state=NightState.RUNNING):
                found.append((run.as_of, now))
                while advance(run.pk):
                    pass
        now += LOOK
    return found


@pytest.mark.parametrize(
    ("day", "hour", "began"),
    [
        (SPRING, 1, "00:00"),
        (SPRING, 2, "01:00"),  # there is no 2:00: the moment at which it would have been
        (SPRING, 3, "01:00"),
        (SPRING, 4, "02:00"),
        (AUTUMN, 1, "23:00"),
        (AUTUMN, 2, "00:00"),  # there are two: the first
        (AUTUMN, 3, "02:00"),
        (AUTUMN, 4, "03:00"),
    ],
)
def test_a_night_of_clock_change_is_run_once(
    world: World, settings: LazySettings, day: date, hour: int, began: str
) -> None:
    settings.NIGHT_HOUR = hour
    days = [day + timedelta(days=n) for n in range(-20, 10)]
    world.facts("date,sessions", *[f"{known},{100 + known.day}" for known in days])
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    (start, *rest) = nights_started(noon - timedelta(days=1), noon + timedelta(days=1))
    assert start == (
        day - timedelta(days=2),
        noon - timedelta(days=1),
    )  # the one that waited for the schedule
    assert [as_of for as_of, _at in rest] == [day - timedelta(days=1), day]
    assert f"{rest[0][1]:%H:%M}" == began


LOCAL_SPRING = (
    "NA,2026-03-28T23:59:59,x,1,1",
    "NB,2026-03-29T00:00:00,x,1,2",
    "NC,2026-03-29T02:30:00,x,1,4",  # a moment that never was, as some shops write it
    "ND,2026-03-29T23:59:59,x,1,8",
    "NE,2026-03-30T00:00:00,x,1,16",
)
UTC_SPRING = (
    "NA,2026-03-28T22:59:59Z,x,1,1",  # an hour before UTC's midnight in winter, two in summer
    "NB,2026-03-28T23:00:00Z,x,1,2",
    "NC,2026-03-29T00:59:59Z,x,1,4",
    "ND,2026-03-29T21:59:59Z,x,1,8",
    "NE,2026-03-29T22:00:00Z,x,1,16",
)
OFFSETS_AUTUMN = (
    "NA,2026-10-24T23:59:59+02:00,x,1,1",
    "NB,2026-10-24T22:00:00Z,x,1,2",
    "NC,2026-10-25T02:30:00+02:00,x,1,4",
    "ND,2026-10-25T02:30:00+01:00,x,1,4",  # an hour after NC, at the same time of day
    "NE,2026-10-25T22:59:59Z,x,1,4",
    "NF,2026-10-25T23:00:00Z,x,1,16",
)


@pytest.mark.parametrize(
    ("day", "lines"), [(SPRING, LOCAL_SPRING), (SPRING, UTC_SPRING), (AUTUMN, OFFSETS_AUTUMN)]
)
def test_orders_of_a_day_of_23_or_25_hours_stay_on_it(
    world: World, day: date, lines: tuple[str, ...]
) -> None:
    world.orders(*lines, columns="order_id,ordered_at,product,quantity,unit_price")
    around = [str(day + timedelta(days=n)) for n in (-1, 0, 1)]
    assert [world.value("gross_revenue", each, each) for each in around] == [1, 14, 16]
