"""What people are told: once, in their language, nothing they may not see, by letters that reach a real mail server."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from base.models import Letter, Notification, NotificationPreferences
from base.notify import kinds, letters
from base.notify.kinds import Subject
from base.notify.schedule import mail_time
from base.notify.tell import tell
from base.tasks import sweep_letters
from config.celery import app
from intake.runs import import_file
from kpis.models import Deviation, Indicator
from kpis.notifications import COMMENTED, GIVEN, OPENED, tell_night_missed
from kpis.tasks import start_due_night
from runtime.instance import ROOT
from tests.cast import Cast, gather
from tests.kpis.shop import LAST, deviation, night, open_shop
from tests.kpis.world import World
from tests.mail_server import MailServer, mail_server

SignIn = Callable[[User | None], Client]
LIST = "/notifications/"
PREFERENCES = "/notifications/preferences/"
MIDDAY = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def shop(db: None, tmp_path: Path) -> World:
    return open_shop(tmp_path)


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def give(found: Deviation, person: User, key: str = "k", at: datetime = MIDDAY) -> None:
    tell(GIVEN, [person], key=key, at=at, about=found, name="Claire Martel")


def post(now: datetime) -> None:
    """What the schedule does, in this process."""
    letters.gather(now)
    for pk in letters.waiting(now):
        letters.send(pk, now)


def close(code: str = "cancelled_value") -> None:
    """To all who do not handle deviations."""
    Indicator.objects.filter(code=code).update(right="handle_deviations")


# ---- in the app -------------------------------------------------------------------------------------------------


def test_it_is_read_in_the_language_of_the_reader(shop: World, cast: Cast, as_: SignIn) -> None:
    Indicator.objects.filter(code="cancelled_value").update(name_fr="Annulations", name_en="Cancellations")
    give(deviation(), cast.manager)
    assert (
        "Claire Martel gave you the deviation of “Cancellations”."
        in as_(cast.manager).get(LIST).content.decode()
    )
    User.objects.filter(pk=cast.manager.pk).update(language="fr")
    page = as_(User.objects.get(pk=cast.manager.pk)).get(LIST).content.decode()
    assert "Claire Martel vous a confié" in page
    assert "Annulations" in page


def test_nothing_is_told_twice(shop: World, cast: Cast) -> None:
    found = deviation()
    give(found, cast.manager)
    give(found, cast.manager)
    assert Notification.objects.count() == 1


def test_nobody_is_told_of_what_they_may_not_see(shop: World, cast: Cast) -> None:
    found = deviation()
    give(found, cast.outsider)
    close()
    give(found, cast.member)
    assert not Notification.objects.exists()


def test_what_was_told_is_hidden_once_it_may_not_be_seen(shop: World, cast: Cast, as_: SignIn) -> None:
    give(deviation(), cast.member)
    note, member = Notification.objects.get(), as_(cast.member)
    assert '<span class="count">1</span>' in member.get(LIST).content.decode()
    close()
    page = member.get(LIST).content.decode()
    assert "gave you" not in page
    assert '<span class="count">' not in page
    assert member.get(reverse("notification_open", args=[note.pk])).status_code == 404
    member.post(reverse("notification_read_all"))
    assert Notification.objects.get().read_at is None
    Indicator.objects.update(right="view_figures")
    assert "gave you" in member.get(LIST).content.decode()


def test_a_role_that_lost_the_right_reads_no_more_of_the_kind(cast: Cast, as_: SignIn) -> None:
    tell_night_missed(MIDDAY.date(), MIDDAY)
    assert {note.user for note in Notification.objects.all()} == {
        cast.director,
        cast.analyst,
        cast.administrator,
    }
    User.objects.filter(pk=cast.analyst.pk).update(role=Role.MEMBER)
    demoted = User.objects.get(pk=cast.analyst.pk)
    assert not Notification.objects.visible_to(demoted).exists()


def test_what_an_object_that_is_gone_was_told_of_is_gone(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation()
    give(found, cast.manager)
    found.delete()
    assert "No notification yet" in as_(cast.manager).get(LIST).content.decode()
    assert Notification.objects.get().text == ""


def test_a_kind_that_nobody_registers_any_more_is_closed(cast: Cast) -> None:
    Notification.objects.create(user=cast.director, key="k", kind="of_old", plain="Told long ago")
    assert not Notification.objects.visible_to(cast.director).exists()


def test_a_subject_without_a_door_is_refused() -> None:
    with pytest.raises(TypeError, match="visible_to"):
        kinds.register(Subject(Letter))


def test_the_page_asks_as_much_for_many_as_for_one(
    shop: World, cast: Cast, as_: SignIn, django_assert_num_queries: Any
) -> None:
    client = as_(cast.manager)
    give(deviation(), cast.manager)
    client.get(LIST)
    with django_assert_num_queries(10):
        client.get(LIST)
    for n in range(20):
        give(deviation(rule=f"r{n}"), cast.manager, key=str(n))
    with django_assert_num_queries(10):
        assert client.get(LIST).content.decode().count("gave you") == 2 * 21  # its line and its box


# ---- first users ------------------------------------------------------------------------------------------------


def test_a_comment_is_told_to_the_owner_and_to_who_spoke_before(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation(owner=cast.analyst)
    say = reverse("deviation_comment", args=[found.pk])
    as_(cast.manager).post(say, {"text": "why?"})
    assert [(n.user, n.kind) for n in Notification.objects.all()] == [(cast.analyst, COMMENTED.code)]
    Notification.objects.all().delete()
    as_(cast.director).post(say, {"text": "a fee, @Ines Leroy"})
    told = {(note.user, note.kind) for note in Notification.objects.all()}
    assert told == {(cast.analyst, "deviation_mentioned"), (cast.manager, COMMENTED.code)}


def test_given_again_is_told_again(shop: World, cast: Cast, as_: SignIn) -> None:
    found = deviation()
    for owner in (cast.manager.pk, cast.analyst.pk, cast.manager.pk):
        as_(cast.director).post(reverse("deviation_assign", args=[found.pk]), {"owner": owner})
    assert Notification.objects.filter(user=cast.manager, kind=GIVEN.code).count() == 2


def test_who_gave_a_file_is_told_that_it_was_refused(shop: World, cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "nothing.csv"
    path.write_text("a;b\n1;2\n")
    run = import_file(path, by=cast.analyst).pk
    (note,) = Notification.objects.all()
    assert (note.user, note.text) == (cast.analyst, "The file nothing.csv was not imported: see why.")
    assert note.url == reverse("import_detail", args=[run])


def test_a_night_that_was_missed_is_told_once_to_who_may_run_it(shop: World, cast: Cast) -> None:
    night(LAST - timedelta(days=9))
    with time_machine.travel(datetime(2026, 11, 2, 12, tzinfo=UTC), tick=False):
        for _ in range(2):
            start_due_night()
    told = Notification.objects.filter(kind="night_missed")
    assert {note.user for note in told} == {cast.director, cast.analyst, cast.administrator}
    assert [note.text for note in told] == [
        "The night of Sat, 31 Oct 2026 was not run: the figures shown are older."
    ] * 3


# ---- when ------------------------------------------------------------------------------------------------------


def paris(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize(
    ("frequency", "told", "quiet", "sent"),
    [
        ("now", paris(25, 12), None, paris(25, 12)),
        ("now", paris(25, 12), (20, 7), paris(25, 12)),
        ("now", paris(25, 19, 59), (20, 7), paris(25, 19, 59)),
        ("now", paris(25, 20), (20, 7), paris(26, 7)),
        ("now", paris(26, 6, 59), (20, 7), paris(26, 7)),
        ("now", paris(26, 7), (20, 7), paris(26, 7)),
        ("now", paris(25, 12, 30), (12, 14), paris(25, 14)),
        ("daily", paris(25, 6, 59), None, paris(25, 7)),
        ("daily", paris(25, 7), None, paris(26, 7)),
        ("daily", paris(25, 12), (20, 9), paris(26, 9)),
        ("weekly", paris(25, 12), None, paris(30, 7)),
        ("weekly", paris(23, 6), None, paris(23, 7)),
        ("weekly", paris(23, 8), None, paris(30, 7)),
        ("weekly", paris(29, 23), None, paris(30, 7)),
        ("never", paris(25, 12), None, None),
    ],
)
def test_when_it_is_sent(
    frequency: str, told: datetime, quiet: tuple[int, int] | None, sent: datetime | None
) -> None:
    assert mail_time(frequency, told, quiet) == sent


def test_the_night_the_clocks_change_has_a_morning() -> None:
    before = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)  # 1:30, half an hour before 3:00
    assert mail_time("now", before, (22, 7)) == datetime(2027, 3, 28, 5, tzinfo=UTC)
    assert mail_time("daily", before - timedelta(days=1), None) == datetime(2027, 3, 27, 6, tzinfo=UTC)


# ---- preferences -----------------------------------------------------------------------------------------------


def chosen(client: Client, **more: str) -> dict[str, str]:
    form = client.get(PREFERENCES).context["form"]
    now = {name: str(form[name].value() if form[name].value() is not None else "") for name in form.fields}
    return now | more


def test_one_is_asked_of_the_kinds_one_may_be_told(cast: Cast, as_: SignIn) -> None:
    assert "kind-night_missed" in as_(cast.director).get(PREFERENCES).context["form"].fields
    assert "kind-night_missed" not in as_(cast.member).get(PREFERENCES).context["form"].fields


def test_what_waits_follows_what_one_chooses(shop: World, cast: Cast, as_: SignIn) -> None:
    found, client = deviation(), as_(cast.manager)
    tell(OPENED, [cast.manager], key="o", at=timezone.now(), about=found)
    daily = Notification.objects.get().mail_at
    assert daily is not None
    client.post(PREFERENCES, chosen(client, **{"kind-deviation_opened": "never"}))
    assert Notification.objects.get().mail_at is None
    give(found, cast.manager)
    client.post(PREFERENCES, chosen(client, **{"kind-deviation_given": "weekly"}))
    assert Notification.objects.get(kind=GIVEN.code).mail_at == mail_time(
        "weekly", Notification.objects.get(kind=GIVEN.code).created_at, (20, 7)
    )


@pytest.mark.parametrize(("start", "end"), [("20", ""), ("", "7"), ("7", "7"), ("24", "7"), ("x", "7")])
def test_senseless_hours_are_refused_in_words(start: str, end: str, cast: Cast, as_: SignIn) -> None:
    client = as_(cast.manager)
    page = client.post(PREFERENCES, chosen(client, quiet_from=start, quiet_to=end)).content.decode()
    assert "Please correct what follows" in page
    assert not NotificationPreferences.objects.exists()


def test_no_quiet_hours_is_a_choice_that_is_kept(cast: Cast, as_: SignIn) -> None:
    client = as_(cast.manager)
    client.post(PREFERENCES, chosen(client, quiet_from="", quiet_to=""))
    assert NotificationPreferences.objects.get().quiet() is None
    assert client.get(PREFERENCES).context["form"]["quiet_from"].value() is None


def test_the_database_keeps_no_senseless_hours(cast: Cast) -> None:
    for hours in ({"quiet_from": 7}, {"quiet_from": 7, "quiet_to": 7}, {"quiet_from": 24, "quiet_to": 7}):
        with pytest.raises(IntegrityError), transaction.atomic():
            NotificationPreferences.objects.create(user=cast.member, **hours)


# ---- letters ---------------------------------------------------------------------------------------------------


def test_a_letter_says_it_and_leads_there(shop: World, cast: Cast, mail: MailServer) -> None:
    give(deviation(), cast.manager)
    post(MIDDAY)
    (letter,) = mail.got
    assert letter["To"] == cast.manager.email
    assert letter["Subject"].strip() == "[Vigie] Claire Martel gave you the deviation of “cancelled_value”."
    body = letter.get_content()
    assert f"http://127.0.0.1:8000/notifications/{Notification.objects.get().pk}/" in body
    assert PREFERENCES in body
    post(MIDDAY + timedelta(days=1))
    assert len(mail.got) == 1


def test_the_schedule_gathers_and_workers_send(
    shop: World, cast: Cast, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.conf, "task_always_eager", True)
    give(deviation(), cast.manager, at=timezone.now() - timedelta(days=2))
    for _ in range(2):
        sweep_letters()
    assert [letter["To"] for letter in mail.got] == [cast.manager.email]


def test_a_digest_is_one_letter_of_all(shop: World, cast: Cast, mail: MailServer) -> None:
    for n in range(3):
        tell(OPENED, [cast.manager], key=str(n), at=MIDDAY, about=deviation(rule=f"r{n}"))
    post(MIDDAY)
    assert mail.got == []
    post(MIDDAY + timedelta(days=1))
    (letter,) = mail.got
    assert letter["Subject"] == "[Vigie] 3 things to know"
    assert letter.get_content().count("New deviation") == 3


def test_a_letter_is_in_the_language_of_its_reader(shop: World, cast: Cast, mail: MailServer) -> None:
    User.objects.filter(pk=cast.manager.pk).update(language="fr")
    give(deviation(), User.objects.get(pk=cast.manager.pk))
    post(MIDDAY)
    assert "vous a confié l’alerte" in mail.got[0]["Subject"]
    assert "Bonjour" in mail.got[0].get_content()


def test_what_may_not_be_seen_any_more_is_not_sent(shop: World, cast: Cast, mail: MailServer) -> None:
    give(deviation(), cast.member)
    close()
    post(MIDDAY)
    assert mail.got == []
    assert Letter.objects.get().state == "dropped"


@pytest.mark.parametrize("change", [{"is_active": False}, {"address_proven_at": None}, {"role": Role.NONE}])
def test_who_left_or_is_not_known_to_own_the_address_gets_none(
    change: dict[str, Any], shop: World, cast: Cast, mail: MailServer
) -> None:
    give(deviation(), cast.manager)
    User.objects.filter(pk=cast.manager.pk).update(**change)
    post(MIDDAY)
    assert mail.got == []


def test_what_was_read_in_the_app_is_not_sent(shop: World, cast: Cast, mail: MailServer) -> None:
    tell(OPENED, [cast.manager], key="o", at=MIDDAY, about=deviation())
    Notification.objects.update(read_at=MIDDAY)
    post(MIDDAY + timedelta(days=1))
    assert mail.got == []


def test_a_server_that_is_away_is_tried_again(
    shop: World, cast: Cast, mail: MailServer, settings: Any
) -> None:
    give(deviation(), cast.manager)
    settings.EMAIL_PORT = 9  # nobody listens there
    post(MIDDAY)
    assert (Letter.objects.get().state, Letter.objects.get().attempts) == ("waiting", 1)
    settings.EMAIL_PORT = mail.port
    post(MIDDAY)  # not yet
    assert mail.got == []
    post(MIDDAY + timedelta(minutes=1))
    assert len(mail.got) == 1


@pytest.mark.parametrize(
    ("answer", "state"), [("550 nobody of that name", "failed"), ("450 later", "waiting")]
)
def test_an_address_that_does_not_exist_is_given_up(
    answer: str, state: str, shop: World, cast: Cast, mail: MailServer
) -> None:
    mail.refuse = answer
    give(deviation(), cast.manager)
    post(MIDDAY)
    assert Letter.objects.get().state == state


def test_a_letter_nobody_takes_is_given_up_some_day(shop: World, cast: Cast, mail: MailServer) -> None:
    mail.refuse = "450 later"
    give(deviation(), cast.manager)
    for day in range(30):
        post(MIDDAY + timedelta(days=day))
    assert Letter.objects.get().state == "failed"


def test_a_letter_that_ended_its_worker_each_time_is_given_up(
    shop: World, cast: Cast, mail: MailServer
) -> None:
    give(deviation(), cast.manager)
    letters.gather(MIDDAY)
    Letter.objects.update(attempts=Letter.MOST_ATTEMPTS)
    post(MIDDAY)
    assert (Letter.objects.get().state, mail.got) == ("failed", [])


def test_a_letter_that_cannot_be_written_waits_and_is_told_in_the_log(
    shop: World, cast: Cast, mail: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    give(deviation(), cast.manager)
    kept = Notification.objects.get().values
    Notification.objects.update(values={})  # without the name its sentence asks for
    post(MIDDAY)
    letter = Letter.objects.get()
    assert (letter.state, letter.attempts, letter.try_at) == ("waiting", 1, MIDDAY + timedelta(minutes=1))
    assert "KeyError" in caplog.text
    Notification.objects.update(values=kept)
    post(MIDDAY + timedelta(minutes=1))
    assert len(mail.got) == 1


def test_a_new_line_in_a_name_is_no_header(shop: World, cast: Cast, mail: MailServer) -> None:
    tell(GIVEN, [cast.manager], key="k", at=MIDDAY, about=deviation(), name="X\r\nBcc: all@x.example")
    post(MIDDAY)
    assert mail.got[0]["Bcc"] is None


# ---- a worker that is killed -----------------------------------------------------------------------------------

SEND = (
    "import django, sys; django.setup(); from base.notify import letters; from datetime import datetime, UTC;"
    "letters.send(int(sys.argv[1]), datetime(2026, 11, 25, 11, tzinfo=UTC))"
)


def worker(pk: int, port: int) -> "subprocess.Popen[bytes]":
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    about = {
        "DATABASE_URL": url, "EMAIL_URL": f"smtp://127.0.0.1:{port}", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", SEND, str(pk)], cwd=ROOT, env={**os.environ, **about})


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_a_letter_leaves_it_to_the_next(tmp_path: Path, mail: MailServer) -> None:
    """Killed while the mail server has the letter and has not answered; two more at once then send it once."""
    cast = gather()
    open_shop(tmp_path)
    give(deviation(), cast.manager)
    letters.gather(MIDDAY)
    (pk,) = letters.waiting(MIDDAY)
    mail.go_on.clear()
    killed = worker(pk, mail.port)
    assert mail.holding.wait(60)
    letters.send(pk, MIDDAY)  # somebody is at it: nothing is done, and nobody waits
    assert len(mail.got) == 1
    killed.kill()
    killed.wait()
    mail.go_on.set()
    both = [worker(pk, mail.port) for _ in range(2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert Letter.objects.get().state == "sent"
    assert len(mail.got) == 2  # the one that was cut off, and the one that is known to have come
    assert len({letter["Message-ID"] for letter in mail.got}) == 1
    assert letters.waiting(MIDDAY + timedelta(days=1)) == []
