"""The nightly run: safe to run twice, to stop anywhere and to meet imports; and the life of its episodes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from base.calendar import Period
from base.handling.actions import snooze
from base.models import Company, Notification
from kpis import nightly
from kpis.deviations import findings, standing_signals
from kpis.models import (
    Deviation,
    DeviationState,
    Gap,
    Indicator,
    NightFit,
    NightInput,
    NightlyRun,
    NightlyStep,
    NightState,
    Publication,
    Signal,
    StepState,
)
from kpis.nightly import Due, NightError, advance, due_night, ensure_run, missed_night, needs_start, run_night
from tests.cast import Cast
from tests.kpis.shop import LAST, MEASURES, deviation, lines, open_shop
from tests.kpis.world import World, ask, furnish, pack_text, taken_back
from tests.runtime.helpers import eventually

OCTOBER = date(2026, 10, 1)
MONSTER_DAY = date(2026, 10, 18)


def night(as_of: date = LAST) -> NightlyRun:
    run = run_night(as_of=as_of)
    assert run.state == NightState.DONE, run.message
    return run


def gaps(run: NightlyRun) -> list[tuple[Any, ...]]:
    """Every gap of a run but for which run and row it is."""
    names = [f.attname for f in Gap._meta.concrete_fields if f.attname not in ("id", "run_id")]
    return sorted(map(str, Gap.objects.filter(run=run).values_list(*names)))  # type: ignore[arg-type]  # rows as text


def deviations(**about: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in Deviation.objects.filter(**about).order_by("id").values()]


def told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Episodes by what they say, whatever row they are; of an incident, the indicator and grain that lead it."""
    leads = {row["id"]: (row["indicator_id"], row["grain"]) for row in rows}
    said = [
        {name: value for name, value in row.items() if name not in ("id", "part_of_id")}
        | {"led by": leads.get(row["part_of_id"])}
        for row in rows
    ]
    return sorted(said, key=str)


def october(code: str = "cancelled_value") -> Deviation:
    return Deviation.objects.live().get(
        indicator__code=code, segment__key="{}", grain="month", rule="signal", start=OCTOBER
    )


# ---- only some of the files have come


def test_a_measure_that_is_worth_money_is_judged_before_any_money_is_known(tmp_path: Path, db: None) -> None:
    """Sessions are worth revenue over sessions: with an audience file alone, what they are worth is unknown."""
    measures = (*MEASURES, ("sessions", "count", "sum", "sum"))
    world = furnish(
        tmp_path, pack_text(measures, [("conversion", "orders / sessions", "ratio", "up")], ("channel",))
    )
    Indicator.objects.create(
        code="revenue", formula="gross_revenue", unit="money", drivers=["sessions", "conversion", "aov"]
    )
    Indicator.objects.create(code="aov", formula="gross_revenue / orders", unit="money")
    world.facts("date,sessions", *[f"2026-09-{day:02},{100 + day}" for day in range(1, 31)])
    run = night(date(2026, 9, 30))
    assert not run.steps.filter(state=StepState.FAILED).exists()
    gap = Gap.objects.get(run=run, indicator__code="sessions", grain="day", segment__key="{}")
    assert (gap.value, gap.unit_money) == (130, None)


# ---- what is kept from night to night


def test_a_curve_is_fitted_once_for_the_same_past_and_anew_for_another(tmp_path: Path, db: None) -> None:
    world = furnish(tmp_path)
    days = [date(2026, 6, 1) + timedelta(days=n) for n in range(-420, 20)]
    world.facts("date,sessions", *[f"{day},{100 + day.day % 7}" for day in days])
    first = night(days[-2])
    kept = NightFit.objects.get(indicator__code="sessions")
    night(days[-1])
    assert NightFit.objects.get(indicator__code="sessions").fingerprint == kept.fingerprint
    again = night(days[-2])
    assert gaps(again) == gaps(first)
    NightFit.objects.all().delete()
    assert gaps(night(days[-2])) == gaps(first)

    world.facts("date,sessions", f"{days[0]},5000")
    restated = night(days[-2])
    assert NightFit.objects.get(indicator__code="sessions").fingerprint != kept.fingerprint
    assert gaps(restated) != gaps(first)


# ---- twice, at once, in pieces ----------------------------------------------------------------------------------


def test_a_second_night_of_the_same_day_finds_the_same(shop: World) -> None:
    first = night()
    before = deviations()
    assert before
    second = night()
    assert second.pk != first.pk
    assert gaps(second) == gaps(first)
    assert deviations() == before
    assert (second.opened, second.updated, second.closed) == (0, Deviation.objects.leads().count(), 0)
    assert Publication.objects.get().run_id == second.pk


def test_two_nights_started_for_one_day_are_one(shop: World) -> None:
    one, other = ensure_run(as_of=LAST, trigger="schedule"), ensure_run(as_of=LAST, trigger="command")
    assert one.pk == other.pk
    assert NightlyStep.objects.filter(name="read").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_one_night_share_its_steps(tmp_path: Path) -> None:
    open_shop(tmp_path)
    undisturbed = night()
    expected = gaps(undisturbed)
    run = ensure_run(as_of=LAST, trigger="command")

    def work() -> None:
        try:
            run_night(as_of=LAST)
        finally:
            connection.close()

    workers = [Thread(target=work) for _n in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    while advance(run.pk):  # whoever came last may have had to wait for another's step
        pass
    run.refresh_from_db()
    assert NightlyRun.objects.count() == 2
    assert run.state == NightState.DONE
    assert set(run.steps.values_list("state", flat=True)) == {StepState.DONE}
    assert set(run.steps.values_list("attempts", flat=True)) == {1}
    assert gaps(run) == expected


@pytest.mark.parametrize("steps", [1, 2, 4, 6, 7])
def test_a_night_left_anywhere_is_finished_by_the_next_comer(shop: World, steps: int) -> None:
    with taken_back():
        undisturbed = night()
        expected, found = gaps(undisturbed), told(deviations())
    run = ensure_run(as_of=LAST, trigger="schedule")
    for _n in range(steps):
        assert advance(run.pk)
    run.refresh_from_db()
    assert run.state == NightState.RUNNING
    again = night()
    assert again.pk == run.pk
    assert gaps(again) == expected
    assert told(deviations()) == found


def test_a_step_that_kept_killing_its_worker_is_given_up_and_blocks_no_other(shop: World) -> None:
    run = ensure_run(as_of=LAST, trigger="schedule")
    NightlyStep.objects.filter(run=run, name="gaps:orders").update(attempts=nightly.MOST_ATTEMPTS)
    done = night()
    assert done.pk == run.pk
    failed = done.steps.get(state=StepState.FAILED)
    assert failed.name == "gaps:orders"
    assert "given up" in failed.error
    assert Gap.objects.published().filter(indicator__code="gross_revenue").exists()


def test_a_night_begun_before_steps_had_turns_goes_on(shop: World) -> None:
    """Its steps stood one after the other; the migration gives them the turns of a new night, and back."""
    migration = import_module("kpis.migrations.0015_jobs")
    run = ensure_run(as_of=LAST, trigger="schedule")
    turns = list(run.steps.values_list("name", "position"))
    assert [position for _name, position in turns] == [0, 1, 1, 1, 1, 1, 2, 3]
    assert advance(run.pk)
    with connection.cursor() as cursor:
        cursor.execute(migration.ONE_BY_ONE)
        assert list(run.steps.values_list("position", flat=True)) == list(range(8))
        assert advance(run.pk)
        cursor.execute(migration.TURNS)
    assert list(run.steps.values_list("name", "position")) == turns
    assert night().pk == run.pk


def test_a_step_asks_a_constant_number(shop: World, django_assert_num_queries: Any) -> None:
    """Five are of the engine: to hold it, read it, count the attempt, end it and let go."""
    run = ensure_run(as_of=LAST, trigger="schedule")
    assert advance(run.pk)
    assert advance(run.pk)  # the first of the gaps reads what they share
    with django_assert_num_queries(16):
        assert advance(run.pk)


def test_imports_between_reading_and_computing_change_nothing(shop: World) -> None:
    with taken_back():
        expected = gaps(night())
        found = told(deviations())
    run = ensure_run(as_of=LAST, trigger="schedule")
    assert advance(run.pk)
    assert NightInput.objects.filter(run=run).exists()
    shop.orders(
        "X1,2026-10-01 10:00,chair,1,99999,zoe,SEA,mobile",
        "X2,2026-10-31 10:00,chair,1,99999,zoe,NEW,mobile",
        mapping={"covers": "full"},
    )
    done = night()
    assert done.pk == run.pk
    assert gaps(done) == expected
    assert told(deviations()) == found


def test_a_formula_changed_between_reading_and_computing_counts_from_the_next_night(shop: World) -> None:
    with taken_back():
        expected = gaps(night())
    run = ensure_run(as_of=LAST, trigger="schedule")
    assert advance(run.pk)
    Indicator.objects.filter(code="net_revenue").update(formula="gross_revenue * 2")
    done = night()
    assert done.pk == run.pk
    assert gaps(done) == expected
    assert gaps(night()) != expected


LOCKED_OUT = """FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.relation = 'kpis_fact'::regclass AND NOT l.granted AND d.datname = current_database()"""


@contextmanager
def held_while_it_reads(run: NightlyRun) -> Iterator[tuple[Any, Thread, list[OperationalError]]]:
    """A night in a thread that read which days are known and waits for the facts: a cursor of the transaction that
    holds it, the thread, and what the night met.
    """
    met: list[OperationalError] = []

    def read() -> None:
        try:
            advance(run.pk)
        except OperationalError as error:
            met.append(error)
        finally:
            connection.close()

    def waits() -> bool:
        cursor.execute(f"SELECT 1 {LOCKED_OUT}")
        return bool(cursor.fetchall())

    reading = Thread(target=read)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE kpis_fact IN ACCESS EXCLUSIVE MODE")
        reading.start()
        eventually(waits)
        yield cursor, reading, met
    reading.join()


@pytest.mark.django_db(transaction=True)
def test_a_night_whose_connection_is_cut_while_it_reads_is_taken_up_again(tmp_path: Path) -> None:
    open_shop(tmp_path)
    expected = gaps(night())
    run = ensure_run(as_of=LAST, trigger="command")
    with held_while_it_reads(run) as (cursor, reading, met):
        cursor.execute(f"SELECT pg_terminate_backend(l.pid) {LOCKED_OUT}")
        reading.join()
    assert len(met) == 1
    run.refresh_from_db()
    assert run.state == NightState.RUNNING
    assert gaps(night()) == expected
    assert NightlyRun.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_night_reads_in_one_view_whatever_is_committed_while_it_reads(tmp_path: Path) -> None:
    open_shop(tmp_path)
    expected = gaps(night())
    run = ensure_run(as_of=LAST, trigger="command")
    with held_while_it_reads(run) as (cursor, _reading, met):
        cursor.execute("DELETE FROM kpis_fact WHERE date >= %s", [OCTOBER])
    assert met == []
    assert gaps(night()) == expected


def test_customers_of_a_part_of_the_days_are_not_held_against_those_of_all(world: World) -> None:
    """Sessions are known to the end of the week, orders to Wednesday: customers of three days are no fall."""
    world.orders(*[line for line in lines() if line.split(",")[1][:10] <= "2026-10-28"])
    world.facts("date,sessions", *[f"{day},{100 + day.day % 7}" for day in Period(date(2026, 9, 1), LAST)])
    night()
    gap = Gap.objects.published().whole().get(indicator__code="active_customers", grain="wtd")
    assert (gap.days_present, gap.days_expected) == (3, 6)
    assert (gap.expected, gap.signal) == (None, Signal.UNKNOWN)


def test_the_night_of_days_that_were_undone_gives_way_to_that_of_the_last_day_left(shop: World) -> None:
    expected = gaps(night())
    mistaken = shop.orders("M-1,2026-11-20 10:00,chair,1,99999,zoe,SEO,mobile")
    ask("recompute")
    assert Publication.objects.get().run.as_of == date(2026, 11, 20)
    looked_back = night()
    assert looked_back.historical
    shop.undo(mistaken)
    ask("recompute")
    run = Publication.objects.get().run
    assert (run.as_of, run.historical) == (LAST, False)
    assert gaps(run) == expected
    assert not Deviation.objects.live().exclude(state=DeviationState.CLOSED).filter(end__gt=LAST).exists()


def test_frozen_figures_go_with_their_night(shop: World) -> None:
    night()
    assert not NightInput.objects.exists()


# ---- one indicator fails ----------------------------------------------------------------------------------------


def test_a_failed_indicator_keeps_its_last_good_rows_and_blocks_no_other(shop: World) -> None:
    night(MONSTER_DAY)
    kept = Deviation.objects.live().filter(indicator__code="cancelled_share").values()
    standing = list(kept)
    assert standing
    Indicator.objects.filter(code="cancelled_share").update(formula="cancelled_value / wishes")
    answer = ask("recompute", "--as-of", str(MONSTER_DAY + timedelta(days=1)))
    assert (answer["state"], answer["failed"]) == ("done", ["cancelled_share"])
    stale = Gap.objects.published().filter(indicator__code="cancelled_share")
    assert set(stale.values_list("stale", "end")) >= {(True, MONSTER_DAY)}
    assert not stale.filter(stale=False).exists()
    others = Gap.objects.published().exclude(indicator__code="cancelled_share")
    assert set(others.filter(grain="day").values_list("stale", "end")) == {
        (False, MONSTER_DAY + timedelta(days=1))
    }
    assert list(kept) == standing
    Indicator.objects.filter(code="cancelled_share").update(formula="cancelled_value / gross_revenue")
    night(MONSTER_DAY + timedelta(days=2))
    assert not Gap.objects.published().filter(stale=True).exists()


def test_the_error_of_a_step_is_a_sentence_for_its_page_and_a_traceback_in_the_log(
    shop: World, caplog: pytest.LogCaptureFixture
) -> None:
    Indicator.objects.filter(code="cancelled_share").update(formula="cancelled_value /")
    run = night()
    step = run.steps.get(state=StepState.FAILED)
    assert step.name == "gaps:cancelled_share"
    assert step.error == nightly.BAD_FORMULA
    assert "FormulaError" in caplog.text


def test_a_formula_that_cannot_be_read_takes_no_other_along(shop: World) -> None:
    Indicator.objects.filter(code="cancelled_share").update(formula="cancelled_value /")
    assert shop.value("net_revenue", "2026-10-01", "2026-10-31") > 0
    with pytest.raises(CommandError) as refused:
        shop.value("cancelled_share", "2026-10-01", "2026-10-31")
    assert "\n" not in str(refused.value)


def test_a_failed_step_may_be_tried_again_before_publication(shop: World) -> None:
    run = ensure_run(as_of=LAST, trigger="schedule")
    assert advance(run.pk)
    NightInput.objects.filter(run=run).exclude(name__startswith=".").update(payload=b"")
    while advance(run.pk):
        pass
    run.refresh_from_db()
    assert run.state == NightState.DONE
    assert run.steps.filter(state=StepState.FAILED).count() == 5
    with pytest.raises(NightError):
        nightly.retry(run=run)


# ---- historical views -------------------------------------------------------------------------------------------


def test_a_night_of_an_earlier_day_never_touches_what_is_live(shop: World) -> None:
    published = night()
    live, shown = deviations(view=None), gaps(published)
    for _round in range(2):
        past = night(date(2026, 10, 20))
        assert past.historical
        assert deviations(view=None) == live
        assert Publication.objects.get().run_id == published.pk
        assert gaps(published) == shown
    seen = Deviation.objects.filter(view=date(2026, 10, 20))
    assert seen.filter(indicator__code="cancelled_value", grain="month", segment__key="{}").count() == 1
    assert {d["end"] for d in ask("deviations", "--as-of", "2026-10-20")} >= {"2026-10-31"}
    assert [d["id"] for d in ask("deviations")] != [
        d["id"] for d in ask("deviations", "--as-of", "2026-10-20")
    ]


def test_a_historical_view_is_what_that_night_found(shop: World) -> None:
    def plain() -> list[dict[str, Any]]:
        return [
            {k: v for k, v in d.items() if k not in ("id", "part_of", "companions")}
            for d in ask("deviations", "--all", "--as-of", str(MONSTER_DAY))
        ]

    with taken_back():
        night(MONSTER_DAY)
        then = plain()
    night()
    night(MONSTER_DAY)
    assert then
    assert sorted(map(str, plain())) == sorted(map(str, then))


def test_what_is_worth_next_to_nothing_of_the_turnover_is_not_told(shop: World) -> None:
    run = night()
    gap = Gap.objects.get(run=run, indicator__code="gross_revenue", segment__key="{}", grain="day")
    gap.signal, gap.value, gap.expected, gap.unit_money = Signal.HIGH, 1100.0, 1000.0, 1.0
    rules = Company.current().rules
    told = [len(findings([gap], rules, revenue=28 * turnover)) for turnover in (3000.0, 3600.0)]
    assert told == [1, 0]  # a hundred is three hundredths of the day's three thousand
    gap.unit_money = None
    assert len(findings([gap], rules, revenue=1e9)) == 1  # nobody knows what it is worth
    assert len(findings([gap], rules, revenue=None)) == 1


# value, signal and (low, high) of a day after one flagged above its range; whether it is told
@pytest.mark.parametrize(
    ("value", "signal", "told"),
    [
        (1500, Signal.NOISE, True),
        (1100, Signal.NOISE, False),
        (500, Signal.NOISE, False),
        (1500, Signal.HIGH, True),
    ],
)
def test_a_signal_goes_on_until_the_figure_is_back_in_its_range(
    shop: World, value: float, signal: Signal, told: bool
) -> None:
    """The first days of an outage widen the limits of the next: those alone would end it while it lasts."""
    gap = Gap.objects.get(run=night(), indicator__code="gross_revenue", segment__key="{}", grain="day")
    gap.value, gap.signal, gap.expected, gap.low, gap.high = value, signal, 1000.0, 800.0, 1200.0
    rules, before = Company.current().rules, gap.start - timedelta(days=1)
    deviation("gross_revenue", start=before, end=before, opened_on=before, updated_on=before)
    standing = standing_signals(gap.end)
    found = findings([gap], rules, revenue=None, standing=standing)
    assert [f.reference for f in found] == ([1000.0] if told else [])
    assert len(findings([gap], rules, revenue=None)) == (signal == Signal.HIGH)


# ---- the life of an episode -------------------------------------------------------------------------------------


def november(shop: World) -> None:
    shop.orders(
        *[
            f"N{n}-{k},2026-11-{n:02} 1{k}:00,chair,1,{95 + n},c{k},SEO,mobile"
            for n in range(1, 7)
            for k in range(3)
        ]
    )


def test_an_episode_opens_follows_its_figure_freezes_and_closes(shop: World) -> None:
    november(shop)
    night(MONSTER_DAY - timedelta(days=1))
    assert not Deviation.objects.filter(indicator__code="cancelled_value", grain="month").exists()
    night(MONSTER_DAY)
    opened = october()
    assert (opened.state, opened.opened_on, opened.frozen) == (DeviationState.OPEN, MONSTER_DAY, False)
    assert opened.evidence["orders"][0]["reference"] == "C-MONSTER"
    night(date(2026, 10, 25))
    followed = october()
    assert followed.pk == opened.pk
    assert (followed.opened_on, followed.updated_on) == (MONSTER_DAY, date(2026, 10, 25))
    assert followed.value != opened.value
    night(LAST)
    assert october().frozen
    value = october().value
    night(date(2026, 11, 2))
    closed = october()
    assert (closed.pk, closed.state, closed.closed_on) == (
        opened.pk,
        DeviationState.CLOSED,
        date(2026, 11, 2),
    )
    assert closed.value == value


def test_an_episode_that_breaks_again_in_its_period_is_the_same_one(shop: World) -> None:
    night(MONSTER_DAY)
    pk = october().pk
    Deviation.objects.filter(pk=pk).update(state=DeviationState.CLOSED, closed_on=MONSTER_DAY)
    night(MONSTER_DAY + timedelta(days=1))
    again = october()
    assert (again.pk, again.state, again.closed_on) == (pk, DeviationState.OPEN, None)


def test_a_correction_of_the_file_closes_the_episode(shop: World) -> None:
    night(MONSTER_DAY)
    shop.orders(
        "O-MONSTER,2026-10-18 10:01,jar,1,77.18,zoe,SEO,desktop",
        "C-MONSTER,2026-10-18 10:17,jar,-1,7.18,zoe,SEO,desktop",
    )
    run = night(MONSTER_DAY)
    assert run.updated == 1  # the incident goes on: the day is still out of its range
    assert october().state == DeviationState.CLOSED


def test_a_snoozed_episode_comes_back_on_its_day(shop: World, cast: Cast) -> None:
    night(MONSTER_DAY)
    snooze(item=october(), by=cast.manager, until=date(2026, 10, 22), reason="known order", at=timezone.now())
    night(date(2026, 10, 21))
    assert (october().state, october().snooze_reason) == (DeviationState.SNOOZED, "known order")
    assert october().updated_on == date(2026, 10, 21)
    night(date(2026, 10, 22))
    assert (october().state, october().snoozed_until, october().snooze_reason) == (
        DeviationState.OPEN,
        None,
        "",
    )


def test_what_people_did_survives_the_night(shop: World, cast: Cast) -> None:
    night(MONSTER_DAY)
    Deviation.objects.filter(pk=october().pk).update(
        owner=cast.analyst, acknowledged_by=cast.director, acknowledged_at=timezone.now()
    )
    night(MONSTER_DAY + timedelta(days=1))
    assert (october().owner, october().acknowledged_by) == (cast.analyst, cast.director)


def test_the_owner_is_told_once(shop: World, cast: Cast) -> None:
    Indicator.objects.filter(code="cancelled_value").update(owner=cast.analyst)
    night(MONSTER_DAY)
    count = Notification.objects.filter(user=cast.analyst).count()
    assert count == Deviation.objects.leads().filter(indicator__code="cancelled_value").count() == 1
    run = night(MONSTER_DAY)
    NightlyStep.objects.filter(run=run, name="tell").update(state=StepState.WAITING, started_at=None)
    NightlyRun.objects.filter(pk=run.pk).update(state=NightState.RUNNING)
    assert advance(run.pk)
    assert Notification.objects.filter(user=cast.analyst).count() == count
    assert not Notification.objects.exclude(user=cast.analyst).exists()


def test_a_historical_night_tells_nobody(shop: World, cast: Cast) -> None:
    night()
    Indicator.objects.update(owner=cast.analyst)
    Notification.objects.all().delete()
    night(MONSTER_DAY)
    assert not Notification.objects.exists()


# ---- when a night is due ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "since", "about"),
    [
        ("2026-10-20T02:59", "2026-10-19T03:00", "2026-10-18"),  # 4:59 in Paris, before the hour
        ("2026-10-20T03:00", "2026-10-20T03:00", "2026-10-19"),
        ("2026-10-20T22:30", "2026-10-20T03:00", "2026-10-19"),  # already the 21st in Paris, before its hour
        ("2026-10-26T04:00", "2026-10-26T04:00", "2026-10-25"),  # winter time since the day before
        ("2027-01-05T12:00", "2027-01-05T04:00", "2026-10-31"),  # figures stop earlier: the last day known
    ],
)
def test_a_night_is_due_at_its_hour_of_the_company_s_day(
    shop: World, moment: str, since: str, about: str
) -> None:
    with timezone.override("Europe/Paris"):
        due = due_night(datetime.fromisoformat(moment).replace(tzinfo=UTC), 5)
    assert due == Due(datetime.fromisoformat(since).replace(tzinfo=UTC), date.fromisoformat(about))


def test_a_missed_night_is_told_an_hour_after_it_was_due(shop: World) -> None:
    def missed(hour: int) -> date | None:
        return missed_night(datetime(2026, 10, 20, hour, 30, tzinfo=UTC), 5)

    with timezone.override("UTC"):
        assert missed(12) is None  # nights have not begun here
        night(date(2026, 10, 18))
        assert (missed(4), missed(5), missed(6)) == (None, None, date(2026, 10, 19))
        night(date(2026, 10, 19))
        assert missed(12) is None


def test_a_night_is_started_once_and_a_failed_one_is_tried_again_some_times(shop: World) -> None:
    due = Due(timezone.now() - timedelta(hours=1), LAST)
    for _n in range(nightly.MOST_ATTEMPTS):
        assert needs_start(due)
        run = ensure_run(as_of=LAST, trigger="schedule")
        assert not needs_start(due)
        NightlyRun.objects.filter(pk=run.pk).update(state=NightState.FAILED)
    assert not needs_start(due)
    assert needs_start(Due(due.since, LAST + timedelta(days=1)))
    assert needs_start(Due(timezone.now(), LAST))


def test_without_figures_no_night_is_started(db: None) -> None:
    assert due_night(timezone.now(), 5) is None
    with pytest.raises(NightError):
        run_night(as_of=LAST)
    assert not NightlyRun.objects.exists()


# ---- what the start of a history does not tell ----------------------------------------------------------------------


def test_customers_who_all_looked_new_at_first_make_no_later_december_odd(tmp_path: Path, db: None) -> None:
    """Thirteen months of orders: the first December is the start of the data, not a season without regulars."""
    world = furnish(tmp_path)
    lines = []
    for n, day in enumerate(Period(date(2025, 12, 1), date(2026, 12, 6))):
        for k in range(12):
            regular, stranger = (n * 7 + k * 5) % 90, 1000 + n * 12 + k
            customer = stranger if k == n % 3 else regular
            lines.append(f"O{n}-{k},{day} 10:{k:02},chair,1,{50 + (n + k) % 9},c{customer},SEO,mobile")
    world.orders(*lines)
    lately = [f"{day},{400 + day.day}" for day in Period(date(2026, 10, 10), date(2026, 12, 6))]
    world.facts("date,sessions", *lately, source="site")
    Indicator.objects.create(code="visits_per_new", formula="sessions / new_customers", unit="score")
    night(date(2026, 12, 3))
    known_lately = Gap.objects.published().get(
        indicator__code="visits_per_new", grain="day", segment__key="{}"
    )
    assert known_lately.expected is not None  # its days are long after the first
    december = Gap.objects.published().filter(
        indicator__code__in=["returning_rate", "new_customers", "returning_customers"],
        grain__in=["day", "wtd", "mtd"],
        segment__key="{}",
    )
    odd = december.filter(signal__in=[Signal.HIGH, Signal.LOW])
    assert not odd.exists(), list(odd.values_list("indicator__code", "grain", "value", "expected"))
    assert december.exclude(expected=None).exists()
