"""Order and facts files over one another: what replaces what, and what an undo brings back.

The oracle of every chain: the figures equal those of an instance that only ever saw the files still in force, in the
order they came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.models import ImportRun, State
from intake.runs import import_file, undo
from kpis.models import CustomerOrder, Fact, FactRow, OrderLine, Source
from tests.kpis.world import ORDER_COLUMNS, World, ask, difference, figures, taken_back

EXAMPLES = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
WHOLE = {
    "covers": "full"
}  # these files say that they hold all there is of their days, whatever they leave out
FIRST = date(2028, 1, 30)  # so that a file may straddle two months


# ---- orders over orders -----------------------------------------------------------------------------------------


def test_an_overlapping_export_replaces_what_it_covers(world: World) -> None:
    world.orders(
        "O1,2028-01-01 10:00,x,1,10,,SEA,",
        "O2,2028-01-05 10:00,x,1,20,,SEA,",
        "O3,2028-01-09 10:00,x,1,40,,SEA,",
    )
    run = world.orders("O4,2028-01-03 10:00,x,1,1,,SEA,", "O5,2028-01-06 10:00,x,1,2,,SEA,", mapping=WHOLE)
    assert world.value("gross_revenue", "2028-01-01", "2028-01-31") == 53
    assert [warning[1] for warning in run.warnings] == [{"count": 1, "gone": 1, "sum": 20.0}]


def test_an_order_named_again_is_replaced_wherever_it_was(world: World) -> None:
    world.orders("O1,2028-01-01 10:00,x,1,10,,SEA,", "O2,2028-01-02 10:00,x,1,20,,SEA,")
    world.orders("O1,2028-03-01 10:00,x,1,7,,SEA,")
    assert world.value("gross_revenue", "2028-01-01", "2028-01-31") == 20
    assert world.value("gross_revenue", "2028-03-01", "2028-03-01") == 7


def test_an_order_split_between_files_is_told_by_the_later_one(world: World) -> None:
    world.orders("O1,2028-01-01 10:00,x,1,10,,SEA,", "O1,2028-01-01 10:00,y,1,5,,SEA,")
    world.orders("O1,2028-01-01 10:00,y,2,5,,SEA,")
    assert world.value("gross_revenue", "2028-01-01", "2028-01-01") == 10


def test_identical_lines_are_kept(world: World) -> None:
    world.orders(*["O1,2028-01-01 10:00,x,1,10,,SEA,"] * 3)
    assert world.value("gross_revenue", "2028-01-01", "2028-01-01") == 30
    assert world.value("order_lines", "2028-01-01", "2028-01-01") == 3


def test_a_day_that_a_later_file_leaves_empty_is_zero(world: World) -> None:
    world.orders("O1,2028-01-02 10:00,x,1,10,,SEA,")
    world.orders("O2,2028-01-01 10:00,x,1,1,,SEA,", "O3,2028-01-03 10:00,x,1,1,,SEA,", mapping=WHOLE)
    assert world.value("gross_revenue", "2028-01-02", "2028-01-02") == 0


def test_money_is_exact_to_the_thousandth(world: World) -> None:
    world.orders(*[f"O{n},2028-01-01 10:00,x,3,0.001,,SEA," for n in range(1, 1001)])
    assert world.value("gross_revenue", "2028-01-01", "2028-01-01") == 3


def test_a_refused_file_leaves_the_database_as_it_was(world: World) -> None:
    world.orders("O1,2028-01-01 10:00,x,1,10,,SEA,")
    before = figures(), CustomerOrder.objects.count(), OrderLine.objects.count()
    bad = world.file(
        f"{ORDER_COLUMNS}\nO2,2028-01-01 10:00,x,one,10,,SEA,\nO3,2028-01-01 11:00,x,1,10,,SEA,\n"
    )
    run = import_file(bad, kind="orders")
    assert run.state == State.REFUSED
    assert (figures(), CustomerOrder.objects.count(), OrderLine.objects.count()) == before


def test_a_dry_run_changes_nothing(world: World) -> None:
    before = figures()
    run = import_file(
        world.file(f"{ORDER_COLUMNS}\nO1,2028-01-01 10:00,x,1,10,,SEA,\n"), kind="orders", dry_run=True
    )
    assert run.totals["gross_revenue"] == "10"
    assert (figures(), CustomerOrder.objects.count()) == (before, 0)


def test_the_totals_of_a_run_are_those_of_its_own_rows(world: World) -> None:
    run = world.orders(
        "O1,2028-01-01 10:00,x,2,10,,SEA,",
        "C2,2028-01-02 10:00,x,-1,10,,SEA,",
        "O3,2028-01-02 10:00,x,1,0,,SEA,",
    )
    assert {code: float(total) for code, total in run.totals.items()} == {
        "gross_revenue": 20,
        "cancelled_value": 10,
        "orders": 1,
        "order_lines": 1,
        "units": 2,
        "cancelled_orders": 1,
    }


# ---- facts over facts -------------------------------------------------------------------------------------------


def test_a_facts_file_replaces_its_measures_at_its_grain_between_its_dates(world: World) -> None:
    world.facts("date,channel,sessions,stock", *[f"2028-01-0{n},SEA,10,{n}" for n in range(1, 6)])
    world.facts("date,channel,sessions", "2028-01-02,SEO,7", "2028-01-04,SEA,1", mapping=WHOLE)
    days = {
        v["start"]: v["value"]
        for v in world.values("sessions", "day", "--start", "2028-01-01", "--end", "2028-01-05")
    }
    assert list(days.values()) == [10, 7, 0, 1, 10]
    assert world.value("stock", "2028-01-01", "2028-01-04") == 4


def test_a_facts_file_of_another_grain_replaces_nothing(world: World) -> None:
    world.facts("date,channel,sessions", "2028-01-01,SEA,10")
    world.facts("date,sessions", "2028-01-01,12")
    assert world.value("sessions", "2028-01-01", "2028-01-01") == 12
    assert world.by("sessions", "2028-01-01", "2028-01-01", "channel") == {("SEA",): 10}


def test_files_of_several_grains_give_the_same_in_any_order(world: World) -> None:
    """The total of a day is that of the coarsest file that has the day, whichever came first."""
    texts = (
        "date,channel,sessions\n2028-01-01,SEA,1\n2028-01-01,SEO,2\n2028-01-02,SEA,4\n",
        "date,sessions\n2028-01-02,8\n2028-01-03,16\n",
        "date,channel,device,sessions\n2028-01-03,SEA,mobile,32\n2028-01-04,SEA,mobile,64\n",
    )
    seen = []
    for order in permutations(texts):
        with taken_back():
            for text in order:
                world.load(text, "facts")
            seen.append(figures())
            days = world.values("sessions", "day", "--start", "2028-01-01", "--end", "2028-01-04")
            assert [day["value"] for day in days] == [3, 8, 16, 64]
            by = world.by("sessions", "2028-01-01", "2028-01-04", "channel")
            assert by == {("SEA",): 101, ("SEO",): 2}
    assert [difference(seen[0], other) for other in seen] == [{}] * 6


def test_a_split_no_file_in_force_has_is_blank_again(world: World) -> None:
    world.facts("date,sessions", "2028-01-01,8")
    run = world.facts("date,channel,sessions", "2028-01-01,SEA,5")
    world.undo(run)
    rows = world.values(
        "sessions", "range", "--start", "2028-01-01", "--end", "2028-01-01", "--where", "channel=SEA"
    )
    assert [(row["value"], row["reason"]) for row in rows] == [(None, "not_by_dimension")]


def test_rows_without_a_known_measure_or_a_value_are_rejected_with_their_line(world: World) -> None:
    lines = [f"2028-01-{n:02},sessions,{n}" for n in range(1, 13)]
    run = world.facts("date,measure,value", *lines, "2028-01-13,wishes,1", "2028-01-14,sessions,")
    assert (run.rows_accepted, run.rows_rejected) == (12, 2)
    assert [reject.line for reject in run.rejects.order_by("line")] == [14, 15]
    assert "wishes" in str(run.rejects.order_by("line")[0].said)


def test_a_blank_cell_of_a_wide_file_is_unknown_not_zero(world: World) -> None:
    world.facts("date,sessions,stock", "2028-01-01,10,", "2028-01-02,,5", "2028-01-03,7,")
    assert FactRow.objects.count() == 3
    assert world.value("stock", "2028-01-01", "2028-01-01") is None


def test_a_facts_file_with_nothing_but_unknown_measures_is_refused(world: World) -> None:
    run = import_file(world.file("date,measure,value\n2028-01-01,wishes,3\n"), kind="facts")
    assert run.state == State.REFUSED
    assert not Fact.objects.exists()


# ---- chains of imports and undos --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chain:
    """Files of one kind, imported in their order and then undone in any."""

    kind: str
    texts: tuple[str, ...]

    def load(self, world: World, keep: Sequence[int] | None = None) -> list[ImportRun]:
        wanted = range(len(self.texts)) if keep is None else sorted(keep)
        return [import_file(world.file(self.texts[n]), kind=self.kind, mapping=WHOLE) for n in wanted]


def holds(world: World, chain: Chain, undone: Sequence[int]) -> None:
    """Undo these files in this order; after each, the figures are those of the files left."""
    left = set(range(len(chain.texts)))
    expected: dict[frozenset[int], Any] = {}
    for count in range(len(undone) + 1):
        kept = frozenset(left - set(undone[:count]))
        with taken_back():
            chain.load(world, sorted(kept))
            expected[kept] = figures()
    with taken_back():
        runs = chain.load(world)
        assert {run.state for run in runs} == {State.DONE}
        assert difference(expected[frozenset(left)], figures()) == {}
        for n in undone:
            world.undo(runs[n])
            left.discard(n)
            assert difference(expected[frozenset(left)], figures()) == {}, (undone, n)


# A, then B over part of A, then C over part of B and of A; O2 moves, O9 is named twice.
ORDER_CHAIN = Chain(
    "orders",
    (
        f"{ORDER_COLUMNS}\nO1,2028-01-01 10:00,x,1,10,ada,SEA,\nO2,2028-01-04 10:00,x,1,20,bob,SEO,\n"
        "O3,2028-01-08 10:00,x,1,40,ada,SEA,\n",
        f"{ORDER_COLUMNS}\nO4,2028-01-03 10:00,x,1,80,ada,SEA,\nO9,2028-01-06 10:00,x,1,160,cid,SEO,\n",
        f"{ORDER_COLUMNS}\nO2,2028-01-05 10:00,x,1,320,bob,SEO,\nO9,2028-01-09 10:00,x,1,640,cid,SEA,\n",
    ),
)
FACT_CHAIN = Chain(
    "facts",
    (
        "date,channel,sessions,stock\n2028-01-01,SEA,1,5\n2028-01-03,SEO,2,6\n2028-01-05,SEA,4,7\n",
        "date,channel,sessions\n2028-01-02,SEA,8\n2028-01-04,SEO,16\n",
        "date,channel,sessions\n2028-01-04,SEA,32\n2028-01-06,SEA,64\n",
    ),
)


@pytest.mark.parametrize("chain", [ORDER_CHAIN, FACT_CHAIN], ids=["orders", "facts"])
@pytest.mark.parametrize("undone", list(permutations(range(3))), ids=str)
def test_undo_in_any_order_leaves_the_figures_of_the_files_left(
    world: World, chain: Chain, undone: tuple[int, ...]
) -> None:
    holds(world, chain, undone)


def test_undoing_everything_leaves_nothing(world: World) -> None:
    for chain in (ORDER_CHAIN, FACT_CHAIN):
        for run in chain.load(world):
            world.undo(run)
    assert figures() == {"facts": [], "customers": [], "coverage": [], "known": []}
    assert (CustomerOrder.objects.count(), OrderLine.objects.count(), FactRow.objects.count()) == (0, 0, 0)


def test_a_file_may_come_again_after_its_undo(world: World) -> None:
    (first, *_rest) = ORDER_CHAIN.load(world, [0])
    before = figures()
    world.undo(first)
    (again,) = ORDER_CHAIN.load(world, [0])
    assert again.state == State.DONE
    assert difference(before, figures()) == {}


order_lines = st.builds(
    lambda n, day, hour, cents, who, channel: (
        f"O{n},{FIRST + timedelta(days=day)} {hour:02}:00,x,1,{cents / 100},{who},{channel},"
    ),
    st.integers(1, 6),
    st.integers(0, 5),
    st.integers(1, 23),
    st.integers(1, 9999),
    st.sampled_from(["ada", "bob", ""]),
    st.sampled_from(["SEA", "SEO"]),
)
order_files = st.lists(order_lines, min_size=1, max_size=4, unique_by=lambda line: line.split(",")[0]).map(
    lambda lines: "\n".join([ORDER_COLUMNS, *lines]) + "\n"
)
fact_files = st.builds(
    lambda split, days: (
        "\n".join(
            [
                "date,channel,sessions,stock" if split else "date,sessions,stock",
                *[
                    f"{FIRST + timedelta(days=d)},{'SEA,' if split else ''}{n},{n + 1}"
                    for d, n in days.items()
                ],
            ]
        )
        + "\n"
    ),
    st.booleans(),
    st.dictionaries(st.integers(0, 5), st.integers(1, 99), min_size=1, max_size=4),
)


def distinct(texts: list[str]) -> bool:
    return len(set(texts)) == len(texts)


@EXAMPLES
@given(st.lists(order_files, min_size=2, max_size=4).filter(distinct), st.randoms(use_true_random=False))
def test_any_chain_of_order_files_and_undos(world: World, texts: list[str], chance: Any) -> None:
    undone = list(range(len(texts)))
    chance.shuffle(undone)
    holds(world, Chain("orders", tuple(texts)), undone)


@EXAMPLES
@given(st.lists(fact_files, min_size=2, max_size=4).filter(distinct), st.randoms(use_true_random=False))
def test_any_chain_of_facts_files_and_undos(world: World, texts: list[str], chance: Any) -> None:
    undone = list(range(len(texts)))
    chance.shuffle(undone)
    holds(world, Chain("facts", tuple(texts)), undone)


@EXAMPLES
@given(
    st.lists(order_lines, min_size=1, max_size=12, unique_by=lambda line: line.split(",")[0]),
    st.randoms(use_true_random=False),
)
def test_files_that_share_no_order_and_no_time_may_come_in_any_order(
    world: World, lines: list[str], chance: Any
) -> None:
    by_day: dict[str, list[str]] = {}
    for line in lines:
        by_day.setdefault(line.split(",")[1][:10], []).append(line)
    files = ["\n".join([ORDER_COLUMNS, *found]) + "\n" for found in by_day.values()]
    seen = []
    for _round in range(2):
        with taken_back():
            for text in files:
                import_file(world.file(text), kind="orders", mapping=WHOLE)
            seen.append(figures())
        chance.shuffle(files)
    assert difference(seen[0], seen[1]) == {}


def test_rebuilding_everything_changes_nothing(world: World) -> None:
    from kpis.rebuild_facts import rebuild_all

    ORDER_CHAIN.load(world)
    FACT_CHAIN.load(world)
    before = figures()
    Fact.objects.all().delete()
    rebuild_all()
    assert difference(before, figures()) == {}


def test_orders_that_name_no_source_belong_to_the_only_one(world: World) -> None:
    """Else they would be stored beside it and count nowhere: of two sources of orders, one is true."""
    world.orders("O1,2028-01-01 10:00,x,1,10,c1,SEA,mobile", source="shop")
    run = world.orders("O2,2028-01-02 10:00,x,1,20,c1,SEA,mobile")
    assert [source.code for source in Source.objects.filter(kind="orders")] == ["shop"]
    value = [
        "--indicator",
        "gross_revenue",
        "--grain",
        "month",
        "--start",
        "2028-01-01",
        "--end",
        "2028-01-31",
    ]
    assert ask("kpi_values", *value)["values"][0]["value"] == 30
    undo(run.pk, by=None)
    assert ask("kpi_values", *value)["values"][0]["value"] == 10
