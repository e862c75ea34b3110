"""The nights' pages: started by hand, watched, tried again, and the banner when one was missed or failed."""

import errno
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from kpis import nightly
from kpis.models import NightlyRun, NightState, Publication, StepState
from kpis.pages.banners import night_banner
from kpis.tasks import advance_night
from tests.cast import Cast
from tests.kpis.shop import LAST, days_before, night
from tests.kpis.world import World

SignIn = Callable[[User | None], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The runs a worker was woken for; the queue itself is not asked."""
    runs: list[int] = []
    monkeypatch.setattr(advance_night, "delay", runs.append)
    return runs


def said(response: Any) -> str:
    return " ".join(response.content.decode().split())


def detail(run: NightlyRun) -> str:
    return reverse("night_detail", args=[run.pk])


def test_a_night_started_by_hand_is_watched_to_its_end(
    shop: World, cast: Cast, director: Client, woken: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    assert f'value="{LAST}"' in said(director.get("/nights/"))  # the last day known
    with django_capture_on_commit_callbacks(execute=True):
        response = director.post("/nights/run/", {"as_of": LAST.isoformat()})
    run = NightlyRun.objects.get()
    assert (response["Location"], woken) == (detail(run), [run.pk])
    assert (run.as_of, run.trigger, run.by) == (LAST, "page", cast.director)

    page = director.get(detail(run))
    assert f'hx-get="{detail(run)}"' in said(page)
    assert "0 of 8 steps" in said(page)
    nightly.advance(run.pk)
    part = director.get(detail(run), headers=HTMX)
    assert part.status_code == 200
    assert "1 of 8 steps" in said(part)
    assert "<html" not in said(part)

    advance_night(run.pk)
    over = director.get(detail(run), headers=HTMX)
    assert over.status_code == 286
    assert "hx-get" not in said(over)
    assert "Done" in said(over)
    assert Publication.objects.get().run == run


def test_two_at_once_become_one(shop: World, director: Client, woken: list[int]) -> None:
    first = director.post("/nights/run/", {"as_of": LAST.isoformat()})
    second = director.post("/nights/run/", {"as_of": LAST.isoformat()})
    assert first["Location"] == second["Location"]


@pytest.mark.parametrize(
    ("as_of", "sentence"),
    [
        ("", "This field is required."),
        ("soon", "Enter a valid date."),
        ((timezone.localdate() + timedelta(days=1)).isoformat(), "This day has not come yet."),
        ("1999-01-01", "There are no figures up to that day yet: import a file first."),
    ],
)
def test_a_senseless_day_is_refused_beside_the_field(
    as_of: str, sentence: str, shop: World, director: Client, woken: list[int]
) -> None:
    page = said(director.post("/nights/run/", {"as_of": as_of}))
    assert sentence in page
    assert f'value="{as_of}"' in page or not as_of
    assert not NightlyRun.objects.exists()
    assert woken == []


def test_readers_see_nights_and_cannot_start_them(shop: World, cast: Cast, as_: SignIn) -> None:
    run = night()
    reader = as_(cast.member)
    assert "Run the night now" not in said(reader.get("/nights/"))
    assert "Run this night again" not in said(reader.get(detail(run)))


def test_a_night_done_in_part_says_so_and_offers_a_new_one(shop: World, director: Client) -> None:
    run = night()
    run.steps.filter(name="gaps:orders").update(
        state=StepState.FAILED, error="ValueError: nine\n\nTraceback…"
    )
    assert "Done, in part" in said(director.get("/nights/"))
    page = said(director.get(detail(run)))
    assert "A fault of the program stopped this step" in page
    assert "nine" not in page
    assert "Traceback" not in page
    assert "Gaps of “orders”" in page
    retried = said(director.post(reverse("night_retry", args=[run.pk]), follow=True))
    assert "run a new night for that day instead" in retried
    run.refresh_from_db()
    assert run.state == NightState.DONE


def test_failed_steps_are_tried_again(
    shop: World,
    director: Client,
    woken: list[int],
    django_capture_on_commit_callbacks: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    cast: Cast,
) -> None:
    def broken(_run: NightlyRun) -> None:
        raise ValueError("no ink")

    with monkeypatch.context() as patch:
        patch.setitem(nightly._STEPS, nightly.PUBLISH, broken)
        run = night()
    assert run.state == NightState.FAILED
    assert night_banner(timezone.now(), cast.analyst) is not None
    page = said(director.get(detail(run)))
    assert "A fault of the program stopped this step" in page
    assert "no ink" not in page
    assert "no ink" in caplog.text
    assert "Try the failed steps again" in page
    with django_capture_on_commit_callbacks(execute=True):
        director.post(reverse("night_retry", args=[run.pk]))
    assert woken == [run.pk]
    advance_night(run.pk)
    run.refresh_from_db()
    assert run.state == NightState.DONE
    assert Publication.objects.get().run == run
    assert not run.steps.exclude(state=StepState.DONE).exists()


def test_what_went_wrong_and_was_tried_again_stays_in_the_log_of_the_night(
    shop: World, cast: Cast, director: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_run: NightlyRun) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def broken(_run: NightlyRun) -> None:
        raise ValueError("no ink")

    with monkeypatch.context() as patch:
        patch.setitem(nightly._STEPS, nightly.PUBLISH, full)
        for _time in range(2):  # that it waits is noted once
            with pytest.raises(OSError, match="No space"):
                night()
        patch.setitem(nightly._STEPS, nightly.PUBLISH, broken)
        run = night()
    nightly.retry(run=run)
    assert night().pk == run.pk
    run.refresh_from_db()
    tried = "Steps that failed are tried again: %(steps)s."
    assert [template for _at, template, _values in run.log] == [nightly.NO_ROOM, nightly.FAULT, tried]
    assert run.message == ""
    assert "Steps that failed are tried again: 1." in said(director.get(detail(run)))
    cast.director.language = "fr"
    cast.director.save()
    assert "Nouvelle tentative pour les étapes en échec : 1." in said(director.get(detail(run)))


def test_a_failed_night_gives_way_to_a_later_one(shop: World, director: Client) -> None:
    old = night()
    NightlyRun.objects.filter(pk=old.pk).update(state=NightState.FAILED)
    old.steps.filter(name="publish").update(state=StepState.FAILED)
    night()
    with pytest.raises(nightly.NightError):
        nightly.retry(run=old)


def test_the_list_exports_and_asks_a_constant_number(
    shop: World, director: Client, django_assert_num_queries: Any
) -> None:
    night()
    file = director.get("/nights/", {"_export": "csv"}).content.decode()
    assert file.splitlines()[1].startswith(f"{LAST},Done,")
    director.get("/nights/")  # the catalogue is loaded once
    with django_assert_num_queries(13):
        director.get("/nights/")
    for n in range(1, 4):
        NightlyRun.objects.create(as_of=days_before(n), state=NightState.DONE)
    with django_assert_num_queries(13):
        director.get("/nights/")


def test_the_pages_read_in_french(shop: World, cast: Cast, director: Client) -> None:
    run = night()
    cast.director.language = "fr"
    cast.director.save()
    for page in ("/nights/", "/nights/?_export=csv", detail(run)):
        assert director.get(page).status_code == 200


def test_the_page_asks_a_constant_number(
    shop: World, director: Client, django_assert_num_queries: Any
) -> None:
    run = night()
    with django_assert_num_queries(8):
        director.get(detail(run))


def test_an_empty_list_teaches(db: None, director: Client) -> None:
    assert "No night was run yet" in said(director.get("/nights/"))


# ---- the banner -------------------------------------------------------------------------------------------------


def morning(days_after: int, hour: int = 9) -> datetime:
    day = LAST + timedelta(days=days_after)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("Europe/Paris"))


def test_no_banner_before_the_first_night(db: None, cast: Cast) -> None:
    assert night_banner(morning(1), cast.analyst) is None


def test_a_missed_night_is_told_an_hour_after_it_was_due(shop: World, settings: Any, cast: Cast) -> None:
    settings.NIGHT_HOUR = 4
    nightly.run_night(as_of=LAST - timedelta(days=1))
    assert night_banner(morning(1, hour=4), cast.analyst) is None
    banner = night_banner(morning(1, hour=6), cast.analyst)
    assert banner is not None
    assert banner.tone == "warn"
    assert "was not run" in banner.text or "n’a pas" in banner.text


def test_figures_that_stopped_coming_are_told(shop: World, cast: Cast) -> None:
    night()
    assert night_banner(morning(2), cast.analyst) is None
    banner = night_banner(morning(3), cast.analyst)
    assert banner is not None
    assert banner.tone == "info"


def test_the_banner_tells_of_files_that_came_or_went_since_the_night(shop: World, cast: Cast) -> None:
    night()
    assert night_banner(morning(1, hour=4), cast.analyst) is None
    late = shop.orders("L-1,2026-10-30 18:00,chair,1,50,zoe,SEO,mobile")
    banner = night_banner(morning(1, hour=4), cast.analyst)
    assert banner is not None
    assert banner.tone == "info"
    night()
    assert night_banner(morning(1, hour=4), cast.analyst) is None
    shop.undo(late)
    assert night_banner(morning(1, hour=4), cast.analyst) is not None


def test_no_banner_while_the_night_runs(shop: World, cast: Cast) -> None:
    night()
    nightly.ensure_run(as_of=LAST + timedelta(days=1), trigger="schedule")
    assert night_banner(morning(5), cast.analyst) is None
