"""Distinct customers over any days, against counting them by hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.calendar import Period
from intake.runs import import_file
from kpis.catalogue import load_catalogue
from kpis.models import CustomerDay
from kpis.values import Question, compute
from tests.kpis.world import ORDER_COLUMNS, World, taken_back

FIRST = date(2028, 1, 25)
DAYS = 12


@dataclass(frozen=True)
class Bought:
    day: int
    customer: str
    channel: str
    free: bool = False

    @property
    def date(self) -> date:
        return FIRST + timedelta(days=self.day)

    def line(self, number: int) -> str:
        price = 0 if self.free else 10
        return f"O{number},{self.date} 10:00,x,1,{price},{self.customer},{self.channel},"


bought = st.builds(
    Bought,
    st.integers(0, DAYS - 1),
    st.sampled_from(["ada", "bob", "cid", "dot", ""]),
    st.sampled_from(["SEA", "SEO", ""]),
    st.booleans() | st.just(False),
)
ranges = st.tuples(st.integers(0, DAYS - 1), st.integers(0, DAYS - 1)).map(
    lambda ends: Period(FIRST + timedelta(days=min(ends)), FIRST + timedelta(days=max(ends)))
)


def active(orders: Iterable[Bought], period: Period, channel: str | None) -> set[str]:
    return {
        o.customer
        for o in orders
        if o.customer and not o.free and o.date in period and (channel is None or o.channel == channel)
    }


def fresh(orders: Iterable[Bought], period: Period, channel: str | None) -> set[str]:
    """Those whose first sale of all, wherever it was, is on a day of the period on which they bought in the channel."""
    orders = [o for o in orders if o.customer and not o.free]
    first = {o.customer: min(p.date for p in orders if p.customer == o.customer) for o in orders}
    return {
        c
        for c in active(orders, period, channel)
        if _bought_on(orders, c, first[c], channel) and first[c] in period
    }


def _bought_on(orders: Iterable[Bought], customer: str, day: date, channel: str | None) -> bool:
    return any(
        o.customer == customer and o.date == day and (channel is None or o.channel == channel) for o in orders
    )


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(bought, min_size=1, max_size=14),
    st.lists(ranges, min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_customers_of_any_days_in_any_segment_whatever_the_order_of_imports(
    world: World, orders: list[Bought], periods: list[Period], chance: Any
) -> None:
    """One file a day, in a random order; asked over random ranges, in all and by channel."""
    by_day: dict[int, list[str]] = {}
    for number, order in enumerate(orders):
        by_day.setdefault(order.day, []).append(order.line(number))
    files = list(by_day.values())
    chance.shuffle(files)
    with taken_back():
        for lines in files:
            import_file(world.file("\n".join([ORDER_COLUMNS, *lines]) + "\n"), kind="orders")
        catalogue = load_catalogue()
        for period in periods:
            for by in ((), ("channel",)):
                check(catalogue, orders, period, by)


def check(catalogue: Any, orders: list[Bought], period: Period, by: tuple[str, ...]) -> None:
    known = bool(catalogue.spoken("active_customers").within(period.start, period.end))
    question = Question(("active_customers", "new_customers", "returning_customers"), (period,), by)
    for value in compute(question, catalogue):
        channel = (value.segment["channel"] or "") if by else None
        now, new = active(orders, period, channel), fresh(orders, period, channel)
        expected = {"active_customers": now, "new_customers": new, "returning_customers": now - new}[
            value.indicator
        ]
        assert value.value == (len(expected) if known else None), (value.indicator, period, channel)


def test_a_customer_counts_once_a_period_and_new_only_once(world: World) -> None:
    world.orders(
        "O1,2028-01-31,x,1,10,ada,SEA,",
        "O2,2028-02-01,x,1,10,ada,SEO,",
        "O3,2028-02-29,x,1,10,ada,SEA,",
        "O4,2028-02-29,x,1,10,bob,SEA,",
    )
    months = world.values(
        "active_customers,new_customers", "month", "--start", "2028-01-01", "--end", "2028-02-29"
    )
    assert [v["value"] for v in months] == [1, 2, 1, 1]
    assert world.value("active_customers", "2028-01-31", "2028-02-29") == 2
    assert world.value("active_customers", "2028-02-02", "2028-02-28") == 0
    assert world.by("new_customers", "2028-01-31", "2028-02-29", "channel") == {("SEA",): 2, ("SEO",): 0}
    assert world.value("returning_rate", "2028-02-01", "2028-02-29") == 0.5


def test_an_older_file_makes_a_new_customer_a_known_one_and_its_undo_new_again(world: World) -> None:
    world.orders("O1,2028-02-10,x,1,10,ada,SEA,")
    assert world.value("new_customers", "2028-02-01", "2028-02-10") == 1
    older = world.orders("O2,2028-01-10,x,1,10,ada,SEO,")
    assert world.value("new_customers", "2028-02-01", "2028-02-10") == 0
    world.undo(older)
    assert world.value("new_customers", "2028-02-01", "2028-02-10") == 1
    assert CustomerDay.objects.filter(previous__isnull=False).count() == 0


def test_a_credit_note_or_a_gift_makes_no_active_customer(world: World) -> None:
    world.orders(
        "O1,2028-01-01,x,1,0,ada,SEA,", "C2,2028-01-01,x,-1,10,bob,SEA,", "O3,2028-01-01,x,1,5,cid,SEA,"
    )
    assert world.value("active_customers", "2028-01-01", "2028-01-01") == 1
