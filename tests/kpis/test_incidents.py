"""What one cause moved is told once: which episodes belong together, which leads, and what follows night by night."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from base.handling import actions
from base.models import Notification
from kpis.catalogue import load_catalogue
from kpis.deviations import Changed
from kpis.formula import parse
from kpis.formula_traits import above_the_line, signs
from kpis.incidents import gather
from kpis.models import Deviation, DeviationState, Indicator, NightlyRun, Segment
from kpis.night_steps import tell
from tests.cast import Cast
from tests.kpis.shop import ITS_CREDIT, LAST, MONSTER, night, open_shop
from tests.kpis.world import ask, furnish

SignIn = Callable[[User | None], Client]
DAY = date(2026, 10, 14)


# ---- what a formula says of its movement ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "signed", "above"),
    [
        ("a", {"a": 1}, {"a"}),
        ("a - b", {"a": 1, "b": -1}, {"a", "b"}),
        ("a / b", {"a": 1, "b": -1}, {"a"}),
        ("(a - b) / a", {"a": 0, "b": -1}, {"a", "b"}),
        ("100 * (a - b) / (c + d)", {"a": 1, "b": -1, "c": -1, "d": -1}, {"a", "b"}),
        ("b - -a", {"a": 1, "b": 1}, {"a", "b"}),
        ('a[channel="SEA"] / a', {"a": 0}, {"a"}),
        ("percentile(75, a: 1, b: 2)", {"a": 0, "b": 0}, {"a", "b"}),
    ],
)
def test_the_signs_of_a_formula(formula: str, signed: Mapping[str, int], above: set[str]) -> None:
    node = parse(formula)
    assert (signs(node), set(above_the_line(node))) == (dict(signed), above)


# ---- which episodes belong together ----------------------------------------------------------------------------------


@pytest.fixture
def world(db: None, tmp_path: Path) -> None:
    furnish(tmp_path)
    Indicator.objects.filter(code__in=["cancelled_value", "cancellation_rate"]).update(direction="down")
    Indicator.objects.filter(code__in=["satisfaction", "coldest"]).update(group="weather")


def episode(
    code: str, gap: float, *, where: dict[str, str] | None = None, on: date = DAY, **about: Any
) -> Deviation:
    """An episode as a night finds it: ``gap`` against a reference of 100."""
    grain = about.pop("grain", "day")
    span = {"day": (on, on), "week": (date(2026, 10, 12), date(2026, 10, 18))}
    start, end = span.get(grain, (date(2026, 10, 1), date(2026, 10, 31)))
    key = "{}" if not where else str(where).replace("'", '"').replace(" ", "")
    segment, _made = Segment.objects.get_or_create(key=key, defaults={"values": where or {}})
    evidence = {"rules": "limits", "until": str(min(end, on)), **about.pop("evidence", {})}
    fields: dict[str, Any] = {
        "rule": "signal", "grain": grain, "start": start, "end": end, "severity": "medium", "gap": gap,
        "value": 100 + gap, "reference": 100.0, "gap_relative": gap / 100, "money": gap, "opened_on": on,
        "updated_on": on, "evidence": evidence,
    }  # fmt: skip
    indicator = Indicator.objects.get(code=code)
    return Deviation.objects.create(indicator=indicator, segment=segment, **(fields | about))


def one_order(
    reference: str, weight: float, measure: str = "gross_revenue", pair: str | None = None, day: date = DAY
) -> dict[str, Any]:
    order = {"reference": reference, "day": str(day), "weight": weight, "pair": pair}
    return {"rules": "limits,one_order", "measure": measure, "orders": [order]}


def gathered(*opened: Deviation, on: date = DAY) -> None:
    """The end of the night that opened them."""
    run = NightlyRun(as_of=on, historical=False)
    gather(run, Changed(opened=list(opened)), load_catalogue())
    for d in opened:
        d.refresh_from_db()


def test_one_order_is_one_incident_in_every_cut_and_grain(world: None) -> None:
    carried = one_order("O1", 7000)
    whole = episode("gross_revenue", 7000, evidence=carried)
    others = [
        episode("aov", 6900, evidence=carried),
        episode("gross_revenue", 6800, where={"channel": "SEA"}, grain="month", evidence=carried),
        episode("net_revenue", 7100, where={"category": "garden"}, grain="week", evidence=carried),
        episode(
            "coldest", 7050, where={"channel": "SEA"}, evidence={"measure": None}
        ),  # worth what it weighs
    ]
    gathered(whole, *others)
    assert [d.part_of for d in (whole, *others)] == [None, whole, whole, whole, whole]


def test_the_credit_note_of_the_next_day_follows_its_order(world: None) -> None:
    order = episode("gross_revenue", 7000, evidence=one_order("O1", 7000))
    gathered(order)
    tomorrow = DAY + timedelta(days=1)
    credit = episode(
        "cancelled_value",
        7000,
        money=-7000,
        on=tomorrow,
        evidence=one_order("C1", 7000, "cancelled_value", "O1", tomorrow),
    )
    below = episode("net_revenue", -7100, on=tomorrow)
    gathered(credit, below, on=tomorrow)
    assert (credit.part_of, below.part_of) == (order, order)


def test_good_news_of_the_size_of_a_credit_note_is_no_part_of_it(world: None) -> None:
    credit = episode("cancelled_value", 7000, money=-7000, evidence=one_order("C1", 7000, "cancelled_value"))
    lifted = episode("coldest", 7050, where={"channel": "SEA"}, evidence={"measure": None})
    lowered = episode("hottest", -7050, where={"channel": "SEA"}, evidence={"measure": None})
    gathered(credit, lifted, lowered)
    assert (lifted.part_of, lowered.part_of) == (None, credit)


def test_a_shared_measure_makes_one_incident_only_where_it_moved_both_ways_alike(world: None) -> None:
    fewer = episode("sessions", -40)
    better = episode("conversion_rate", 30, money=20)
    worse = episode("sea_share", -30, money=-20)
    gathered(fewer, better, worse)
    assert (fewer.part_of, better.part_of, worse.part_of) == (None, fewer, None)


def test_what_only_divides_two_figures_does_not_join_them(world: None) -> None:
    """Cancellations and guests are both over revenue; that says nothing of one another."""
    Indicator.objects.create(code="guest_share", formula="guest_revenue / gross_revenue", unit="ratio")
    one, other = episode("cancellation_rate", 50, money=-90), episode("guest_share", 50, money=80)
    gathered(one, other)
    assert (one.part_of, other.part_of) == (None, None)


def test_other_values_of_a_dimension_are_other_incidents(world: None) -> None:
    sea, seo = (episode("sessions", -40, where={"channel": name}) for name in ("SEA", "SEO"))
    gathered(sea, seo)
    assert (sea.part_of, seo.part_of) == (None, None)


def test_two_cuts_of_one_amount_are_one_incident_and_of_different_amounts_two(world: None) -> None:
    channel = episode("sessions", -40, where={"channel": "SEA"})
    device = episode("sessions", -38, where={"device": "mobile"})
    category = episode("sessions", -9, where={"category": "garden"})
    gathered(channel, device, category)
    assert (channel.part_of, device.part_of, category.part_of) == (None, channel, None)


def test_kin_of_one_group_join_when_they_go_to_the_same_side(world: None) -> None:
    up, down = episode("satisfaction", -30, money=None), episode("coldest", -20, money=None)
    other = episode("hottest", -20, money=None)
    gathered(up, down, other)
    assert (up.part_of, down.part_of, other.part_of) == (None, up, None)


def test_a_bad_day_is_not_told_by_a_month_that_was_off_anyway(world: None) -> None:
    """Also on the first night of all, when both open together."""
    month, day = (
        episode("conversion_rate", -10, grain="month", money=-900),
        episode("conversion_rate", -60, money=-80),
    )
    kin = episode("satisfaction", -30, money=None)
    of_month = episode("coldest", -40, money=None, grain="month")
    gathered(month, day, kin, of_month)
    assert [d.part_of for d in (month, day, kin, of_month)] == [None] * 4


def test_a_day_that_makes_most_of_its_month_tells_of_it(world: None) -> None:
    month, day = episode("sessions", -40, grain="month", money=-100), episode("sessions", -60, money=-80)
    gathered(month, day)
    assert {month.part_of, day.part_of} == {None, month}


def test_a_target_missed_and_a_signal_are_two_matters(world: None) -> None:
    signal, target = (
        episode("sessions", -40, grain="month"),
        episode("sessions", -40, grain="month", rule="target"),
    )
    gathered(signal, target)
    assert (signal.part_of, target.part_of) == (None, None)


def test_the_plainest_of_those_with_a_fair_share_leads(world: None) -> None:
    segment = episode("net_revenue", 100, where={"channel": "SEA"})
    ratio = episode("aov", 95)
    plain = episode("gross_revenue", 80)
    small = episode("gross_revenue", 20, where={"device": "mobile"}, evidence=one_order("O9", 20))
    gathered(segment, ratio, plain, small)
    assert {d.part_of for d in (segment, ratio, small)} == {plain}
    assert plain.part_of is None


# ---- night by night --------------------------------------------------------------------------------------------------


def test_the_next_day_and_the_week_of_an_incident_are_part_of_it(world: None) -> None:
    first = episode("sessions", -40)
    gathered(first)
    close(first, DAY + timedelta(days=1))
    tomorrow = DAY + timedelta(days=1)
    again, week = (
        episode("sessions", -35, on=tomorrow),
        episode("conversion_rate", 9, on=tomorrow, grain="week"),
    )
    gathered(again, week, on=tomorrow)
    first.refresh_from_db()
    assert (again.part_of, week.part_of, first.part_of) == (None, again, again)


def close(d: Deviation, on: date) -> None:
    Deviation.objects.filter(pk=d.pk).update(state=DeviationState.CLOSED, closed_on=on, frozen=True)


def test_a_new_day_is_not_lost_in_a_month_that_was_off_before(world: None) -> None:
    month = episode("conversion_rate", -10, grain="month", on=date(2026, 10, 10), rule="target")
    gathered(month, on=date(2026, 10, 10))
    day = episode("conversion_rate", -50)
    gathered(day)
    assert day.part_of is None


def test_a_new_order_is_not_lost_in_a_month_that_another_had_carried_before(world: None) -> None:
    """That the heaviest order of the month is now the new one does not make it old news."""
    before = date(2026, 10, 10)
    known = one_order("C0", 900, "cancelled_value", day=date(2026, 10, 8))
    month = episode("cancelled_value", 900, money=-900, grain="month", on=before, evidence=known)
    gathered(month, on=before)
    monster = one_order("C1", 7000, "cancelled_value", "O1")  # O1 may well be from before
    Deviation.objects.filter(pk=month.pk).update(evidence=monster, updated_on=DAY)
    day = episode("cancelled_value", 7000, money=-7000, evidence=monster)
    rate = episode("satisfaction", 90, money=-6900, evidence=monster)
    gathered(day, rate)
    assert (day.part_of, rate.part_of) == (None, day)
    again = episode(
        "cancelled_value", 7000, money=-7000, grain="week", on=DAY + timedelta(1), evidence=monster
    )
    gathered(again, on=DAY + timedelta(1))
    assert again.part_of == day


def test_a_figure_that_is_still_off_the_next_day_stays_in_its_incident(world: None) -> None:
    """The order is of one day, and what it shares no measure with is led by it all the same."""
    carried = one_order("C1", 7000, "cancelled_value")
    day = episode("cancelled_value", 7000, money=-7000, evidence=carried)
    units = episode("satisfaction", 60, evidence=carried)
    gathered(day, units)
    tomorrow = DAY + timedelta(1)
    still = episode("satisfaction", 30, on=tomorrow)
    turned = episode("satisfaction", -30, grain="week", on=tomorrow)
    gathered(still, turned, on=tomorrow)
    assert (still.part_of, turned.part_of) == (day, None)


def test_a_day_further_on_is_an_incident_of_its_own(world: None) -> None:
    first = episode("sessions", -40)
    gathered(first)
    later = DAY + timedelta(days=2)
    second = episode("sessions", -40, on=later)
    gathered(second, on=later)
    assert second.part_of is None


def test_who_takes_over_keeps_what_people_did_and_those_that_ended_follow(world: None, cast: Cast) -> None:
    first, week, month = (
        episode("sessions", gap, grain=g) for g, gap in (("day", -40), ("week", -30), ("month", -20))
    )
    gathered(first, week, month)
    actions.acknowledge(item=first, by=cast.director, at=timezone.now())
    actions.give(item=first, owner=cast.manager, by=cast.director, at=timezone.now())
    actions.comment(item=first, author=cast.manager, text="the banner is broken", at=timezone.now())
    close(first, DAY + timedelta(days=1))
    gathered(on=DAY + timedelta(days=1))
    week.refresh_from_db()
    assert (week.part_of, week.owner, week.acknowledged_by) == (None, cast.manager, cast.director)
    close(week, DAY + timedelta(days=5))
    gathered(on=DAY + timedelta(days=5))
    month.refresh_from_db()
    assert month.part_of is None
    assert set(month.companions.all()) == {first, week}


def test_setting_an_incident_aside_sets_all_of_it_aside_and_what_joins_it(world: None, cast: Cast) -> None:
    first, week = episode("sessions", -40), episode("sessions", -30, grain="week")
    gathered(first, week)
    actions.snooze(item=first, by=cast.manager, until=date(2026, 10, 20), reason="known", at=timezone.now())
    tomorrow = DAY + timedelta(days=1)
    again = episode("sessions", -40, on=tomorrow)
    gathered(again, on=tomorrow)
    week.refresh_from_db()
    assert {(d.state, d.snoozed_until, d.snooze_reason) for d in (week, again)} == {
        ("snoozed", date(2026, 10, 20), "known")
    }
    actions.wake(item=first, by=cast.manager, at=timezone.now())
    assert not Deviation.objects.filter(state=DeviationState.SNOOZED).exists()


def test_what_can_no_longer_be_read_keeps_its_incident_and_joins_no_other(world: None) -> None:
    lead, part = episode("sessions", -40), episode("conversion_rate", 30, money=20)
    gathered(lead, part)
    Indicator.objects.filter(code="sessions").update(formula="sessions +")
    other = episode("conversion_rate", 30, grain="week", where={"channel": "SEA"})  # made of sessions too
    gathered(other)
    part.refresh_from_db()
    assert (part.part_of, other.part_of) == (lead, None)


# ---- a real night, its command and its pages -----------------------------------------------------------------------


@pytest.fixture
def monster(db: None, tmp_path: Path) -> Deviation:
    open_shop(tmp_path)
    night()
    return Deviation.objects.live().leads().get()


def test_a_night_tells_the_cancelled_order_once(monster: Deviation) -> None:
    assert (monster.indicator.code, monster.evidence["orders"][0]["reference"]) == (
        "cancelled_value",
        ITS_CREDIT,
    )
    assert monster.evidence["orders"][0]["pair"] == MONSTER
    (line,) = ask("deviations", "--state", "open")
    assert line["part_of"] is None
    assert {c["id"] for c in line["companions"]} == {d.pk for d in monster.companions.all()}
    assert {c["indicator"] for c in line["companions"]} >= {"cancelled_share"}
    each = {d["id"]: d["part_of"] for d in ask("deviations", "--state", "open", "--all")}
    assert each == {monster.pk: None, **dict.fromkeys((c["id"] for c in line["companions"]), monster.pk)}


def test_the_list_the_cockpit_and_the_owner_hear_of_it_once(
    monster: Deviation, cast: Cast, as_: SignIn
) -> None:
    client = as_(cast.director)
    shown = [row.record for row in client.get("/deviations/").context["table"].paginated_rows]
    assert shown == [monster]
    said = f"{monster.companions.count()} other figures moved"
    assert said in client.get("/deviations/").content.decode()
    cockpit = client.get("/")
    assert [told.deviation for told in cockpit.context["open"].shown] == [monster]
    assert cockpit.context["open"].count == 1
    assert said in cockpit.content.decode()


def test_who_asks_for_an_indicator_gets_each_of_its_episodes(
    monster: Deviation, cast: Cast, as_: SignIn
) -> None:
    share = Indicator.objects.get(code="cancelled_share")
    answer = as_(cast.director).get(f"/deviations/?indicator={share.pk}")
    shown = {row.record for row in answer.context["table"].paginated_rows}
    assert shown == set(Deviation.objects.filter(indicator=share)) != set()


def test_the_page_lists_what_else_moved_and_leads_back(monster: Deviation, cast: Cast, as_: SignIn) -> None:
    client = as_(cast.director)
    page = client.get(reverse("deviation_detail", args=[monster.pk]))
    others = [d for d, _where, _made_of in page.context["family"]]
    assert set(others) == set(monster.companions.all())
    assert "Other figures in this incident" in page.content.decode()
    companion = client.get(reverse("deviation_detail", args=[others[0].pk])).content.decode()
    assert f'href="{reverse("deviation_detail", args=[monster.pk])}"' in companion
    assert "This figure moved with others" in companion


def test_what_was_said_of_an_incident_is_on_each_of_its_pages(
    monster: Deviation, cast: Cast, as_: SignIn
) -> None:
    companion = monster.companions.first()
    assert companion is not None
    actions.comment(item=companion, author=cast.manager, text="a slip of the keyboard", at=timezone.now())
    page = as_(cast.director).get(reverse("deviation_detail", args=[monster.pk]))
    assert "a slip of the keyboard" in page.content.decode()


def test_a_past_view_makes_the_same_incident(monster: Deviation) -> None:
    then = ask("recompute", "--as-of", "2026-10-20")["deviations"]
    found = ask("deviations", "--as-of", "2026-10-20")
    assert then["opened"] == len(found) == 1
    assert found[0]["companions"]
    again = ask("recompute", "--as-of", "2026-10-20")["deviations"]
    assert (again["opened"], len(ask("deviations", "--as-of", "2026-10-20"))) == (0, 1)


def test_the_notification_is_for_whoever_owns_what_leads(db: None, tmp_path: Path, cast: Cast) -> None:
    open_shop(tmp_path)
    Indicator.objects.update(owner=cast.analyst)
    night(date(2026, 10, 18))
    assert Notification.objects.filter(user=cast.analyst).count() == 1


def test_an_outage_of_days_is_told_once(world: None, cast: Cast) -> None:
    """Each day is an episode of its own, and the new one leads."""
    Indicator.objects.filter(code="sessions").update(owner=cast.analyst)
    days = [DAY + timedelta(days=n) for n in range(3)]
    for before, day in zip([None, *days], days, strict=False):
        if before is not None:
            close(Deviation.objects.get(start=before), day)
        gathered(episode("sessions", -40, on=day, owner=cast.analyst), on=day)
        tell(NightlyRun(as_of=day, historical=False))
    lead = Deviation.objects.leads().get()
    assert (lead.start, lead.companions.count()) == (days[-1], 2)
    assert Notification.objects.filter(user=cast.analyst).count() == 1
    assert [Deviation.objects.leads().begun_on(day).count() for day in days] == [0, 0, 0]


def test_who_owns_a_part_of_an_incident_is_told_and_finds_it(world: None, cast: Cast, as_: SignIn) -> None:
    lead = episode("sessions", -40, owner=cast.director)
    part = episode("conversion_rate", 30, money=20, owner=cast.analyst)
    gathered(lead, part)
    tell(NightlyRun(as_of=DAY, historical=False))
    (note,) = Notification.objects.filter(user=cast.analyst)
    assert note.url == reverse("deviation_detail", args=[lead.pk])
    answer = as_(cast.analyst).get("/deviations/?owner=mine")
    assert [row.record for row in answer.context["table"].paginated_rows] == [lead]


def test_seeing_and_giving_one_figure_is_seeing_and_giving_the_incident(world: None, cast: Cast) -> None:
    lead, part = episode("sessions", -40), episode("conversion_rate", 30, money=20)
    gathered(lead, part)
    actions.acknowledge(item=part, by=cast.director, at=timezone.now())
    actions.give(item=part, owner=cast.manager, by=cast.director, at=timezone.now())
    lead.refresh_from_db()
    assert (lead.acknowledged_by, lead.owner) == (cast.director, cast.manager)


def test_what_comes_back_brings_its_companions_along(world: None) -> None:
    old, followed = episode("sessions", -40, grain="week"), episode("sessions", -40)
    Deviation.objects.filter(pk=followed.pk).update(part_of=old)
    close(followed, DAY)
    lead = episode("sessions", -90, grain="week", where={"channel": "SEA"})
    gathered(old, lead)
    followed.refresh_from_db()
    assert (lead.part_of_id, old.part_of_id).count(None) == 1
    top = lead if lead.part_of is None else old
    assert followed.part_of == top


def test_moving_later_nights_keep_one_line(monster: Deviation) -> None:
    assert Deviation.objects.live().leads().open().count() == 1
    assert replace(Changed(), opened=[monster]).closed == []
    night(LAST)
    assert Deviation.objects.live().leads().open().get() == monster
