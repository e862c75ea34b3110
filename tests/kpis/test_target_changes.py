"""Many targets at once: all or none, who overtook whom, and the same sent twice."""

import threading
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from base.models import Notification
from kpis.models import Indicator, Measure, Target, TargetDay, TargetProposal
from kpis.target_changes import Stored, TargetChange, TargetsRefusedError, set_targets
from kpis.targets import Bounds, phased, set_target
from tests.cast import Cast
from tests.kpis.shop import open_shop
from tests.kpis.world import World

OCTOBER, NOVEMBER = (date(2026, 10, 1), date(2026, 10, 31)), (date(2026, 11, 1), date(2026, 11, 30))


def change(
    value: str | None, days: tuple[date, date] = OCTOBER, code: str = "net_revenue", **more: Any
) -> TargetChange:
    return TargetChange(code, *days, None if value is None else Bounds(Decimal(value)), **more)


def store(by: User, *changes: TargetChange, **more: Any) -> Stored:
    return set_targets(changes=changes, by=by, at=timezone.now(), **more)


def live() -> dict[tuple[str, date], Decimal | None]:
    return {(t.indicator.code, t.start): t.value for t in Target.objects.live().select_related("indicator")}


def test_many_are_stored_as_each_alone_would_be(shop: World, cast: Cast) -> None:
    found = store(
        cast.director, change("30000.01"), change("100", NOVEMBER), change("0.05", code="cancelled_share")
    )
    assert found == Stored(set=3)
    for target in Target.objects.select_related("indicator"):
        shares = dict(target.days.values_list("date", "value"))
        about: dict[str, Any] = {"indicator": target.indicator.code, "start": target.start, "end": target.end}
        assert shares == phased(**about, value=target.value or Decimal(0))
        assert target.created_by == cast.director


def test_the_same_sent_twice_changes_nothing_the_second_time(shop: World, cast: Cast) -> None:
    wanted = (change("30000", seen=None), change("100", NOVEMBER, seen=None))
    assert store(cast.director, *wanted) == Stored(set=2)
    assert store(cast.director, *wanted) == Stored(unchanged=2)
    assert Target.objects.count() == 2


def test_taking_back_and_setting_again(shop: World, cast: Cast) -> None:
    store(cast.director, change("30000"))
    assert store(cast.director, change(None, seen=Bounds(Decimal(30000)))) == Stored(withdrawn=1)
    assert live() == {}
    assert store(cast.director, change("5", seen=None)) == Stored(set=1)
    assert [t.version for t in Target.objects.order_by("version")] == [1, 2]


def test_one_that_cannot_be_keeps_all_from_being_stored(shop: World, cast: Cast) -> None:
    wrong = [
        change("5", code="nothing"),
        change("5", (date(2026, 10, 2), date(2026, 10, 1))),
        change("1e20"),
        TargetChange("net_revenue", *NOVEMBER, Bounds(Decimal(1), Decimal(2))),
        change("7", where={"planet": "Mars"}),
    ]
    with pytest.raises(TargetsRefusedError) as refused:
        store(cast.director, change("1"), *wrong, change("2"))
    assert set(refused.value.problems) == {1, 2, 3, 4, 5, 6}
    assert "given twice" in refused.value.problems[6]
    assert live() == {}


def test_a_range_asks_for_two_bounds(shop: World, cast: Cast) -> None:
    Indicator.objects.filter(code="orders").update(direction="range")
    with pytest.raises(TargetsRefusedError, match="two bounds"):
        store(cast.director, change("5", code="orders"))
    store(cast.director, TargetChange("orders", *OCTOBER, Bounds(Decimal(80), Decimal(90))))
    assert Target.objects.values_list("value", "low", "high").get() == (None, Decimal(80), Decimal(90))


def test_who_comes_second_is_told_who_and_what_and_nothing_of_theirs_is_stored(
    shop: World, cast: Cast
) -> None:
    store(cast.analyst, change("200", seen=None))
    with pytest.raises(TargetsRefusedError) as refused:
        store(cast.director, change("150", seen=None), change("9", NOVEMBER, seen=None))
    (target,) = refused.value.meanwhile.values()
    assert target is not None
    assert (target.created_by, target.value) == (cast.analyst, Decimal(200))
    assert len(live()) == 1
    again = store(cast.director, change("150", seen=Bounds(Decimal(200))), change("9", NOVEMBER, seen=None))
    assert again == Stored(set=2)


def test_what_was_taken_back_meanwhile_is_told(shop: World, cast: Cast) -> None:
    with pytest.raises(TargetsRefusedError) as refused:
        store(cast.director, change("150", seen=Bounds(Decimal(200))))
    assert refused.value.meanwhile == {0: None}


def test_others_propose_with_their_reason_and_one_letter(shop: World, cast: Cast) -> None:
    wanted = (change("30000"), change("100", NOVEMBER))
    assert store(cast.manager, *wanted, reason="Two more shops") == Stored(proposed=2)
    assert store(cast.manager, *wanted) == Stored(proposed=2)  # they wait already, once
    assert TargetProposal.objects.count() == 2
    assert live() == {}
    told = Notification.objects.filter(user=cast.director)
    assert [(n.kind, n.values["count"]) for n in told] == [("targets_proposed", 2)]
    with pytest.raises(TargetsRefusedError, match="take one back"):
        store(cast.manager, change(None))
    with pytest.raises(PermissionDenied):
        store(cast.hr, change("1"))


def test_what_one_may_not_read_one_may_not_set(shop: World, cast: Cast) -> None:
    Measure.objects.filter(code="gross_revenue").update(right="manage_settings")
    with pytest.raises(TargetsRefusedError, match="no indicator"):
        store(cast.director, change("1"))


def test_a_year_of_targets_asks_as_many_queries_as_one(shop: World, cast: Cast) -> None:
    months = [(date(2027, n, 1), date(2027, n, 28)) for n in range(1, 13)]
    with CaptureQueriesContext(connection) as one:
        store(cast.director, change("5"))
    with CaptureQueriesContext(connection) as many:
        store(
            cast.director,
            *(change("5", days, code) for days in months for code in ("net_revenue", "gross_revenue")),
        )
    assert len(many) <= len(one)
    assert TargetDay.objects.count() == 31 + 24 * 28


def test_many_are_proposed_in_as_many_queries_as_two(shop: World, cast: Cast) -> None:
    months = [(date(2027, n, 1), date(2027, n, 28)) for n in range(1, 13)]
    with CaptureQueriesContext(connection) as two:
        store(cast.manager, change("5"), change("5", NOVEMBER))
    with CaptureQueriesContext(connection) as many:
        store(cast.manager, *(change("5", days) for days in months))
    assert len(many) <= len(two)
    assert TargetProposal.objects.count() == 14


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("values", [("150", "200"), ("150", "150")])
def test_two_at_the_same_moment(tmp_path: Path, cast: Cast, values: tuple[str, str]) -> None:
    """Two connections that saw no target: one sets it, the other is told; where both mean the same, both are right."""
    open_shop(tmp_path)
    people, start = (cast.director, cast.analyst), threading.Barrier(2)
    outcomes: list[object] = [None, None]

    def act(place: int) -> None:
        try:
            start.wait()
            outcomes[place] = store(people[place], change(values[place], seen=None))
        except TargetsRefusedError as refused:
            outcomes[place] = refused
        finally:
            connection.close()

    run_both(act)
    assert Target.objects.live().count() == Target.objects.count() == 1
    refused = [found for found in outcomes if isinstance(found, TargetsRefusedError)]
    if values[0] == values[1]:
        assert sorted(map(str, outcomes)) == sorted(map(str, [Stored(set=1), Stored(unchanged=1)]))
    else:
        ((told,),) = [tuple(one.meanwhile.values()) for one in refused]
        assert told is not None
        assert told.created_by == people[outcomes.index(Stored(set=1))]


def test_two_who_set_one_target_the_old_way(shop: World, cast: Cast) -> None:
    """``set_target`` replaces whatever stands, through the same storing."""
    store(cast.director, change("5"))
    set_target(indicator="net_revenue", start=OCTOBER[0], end=OCTOBER[1], value=Decimal(6), at=timezone.now())
    assert live() == {("net_revenue", OCTOBER[0]): Decimal(6)}


def run_both(act: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=act, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
