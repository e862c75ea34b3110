"""People from a workbook: given, shown, confirmed; by the same rules as an invitation by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate

from accounts.inviting import invite
from accounts.models import DepartmentHead, Invitation, Role, RoleRequest, TeamLead, User
from intake.models import StagedSheet
from intake.retention import purge
from intake.rows import actions, people
from tests.cast import Cast
from tests.intake.books import book, confirm, errors, give, last, outcomes, text

SignIn = Callable[[Any], Client]
HEAD = ("E-mail", "Name", "Role", "Department", "Team", "Manager")


@pytest.fixture
def administrator(cast: Cast, as_: SignIn) -> Client:
    return as_(cast.administrator)


def head_count() -> int:
    return User.objects.get_queryset().count()


def test_nothing_is_stored_before_it_is_confirmed(administrator: Client) -> None:
    before = head_count()
    page = text(give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy", "Team member"))))
    assert "Nothing is stored yet." in page
    assert "Ana Roy" in page
    assert head_count() == before
    run = confirm(administrator, invite="on")
    assert (run.state, run.rows_new, head_count()) == ("done", 1, before + 1)
    assert User.objects.get_queryset().get(email="ana@martel.example").role == Role.MEMBER
    assert not StagedSheet.objects.exists()  # what the file held is forgotten


def test_an_added_person_is_invited_where_it_is_ticked(administrator: Client) -> None:
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    confirm(administrator, invite="on")
    assert [letter.to for letter in mail.outbox] == [["ana@martel.example"]]
    give(administrator, book(HEAD, ("bob@martel.example", "Bob Roy")))
    confirm(administrator)
    assert Invitation.objects.filter(person__email="bob@martel.example").count() == 0


def test_a_role_that_takes_two_waits_as_for_an_invitation(administrator: Client, cast: Cast) -> None:
    page = text(give(administrator, book(HEAD, ("rh@martel.example", "Rita Hugo", "Human resources"))))
    assert "a second person has to grant it" in page
    confirm(administrator)
    person = User.objects.get_queryset().get(email="rh@martel.example")
    assert person.role == Role.NONE
    asked = RoleRequest.objects.pending().get(person=person)
    assert (asked.role, asked.requested_by) == (Role.HR, cast.administrator)
    assert cast.director.email in {to for letter in mail.outbox for to in letter.to}
    page = text(give(administrator, book(HEAD, ("rh@martel.example", "Rita Hugo", "Human resources"))))
    assert outcomes(last()) == [(2, "same")]
    assert "waits for a second person already" in page


def test_what_is_known_is_changed_and_the_same_file_again_changes_nothing(
    administrator: Client, cast: Cast
) -> None:
    rows = (
        HEAD,
        (cast.member.email, "Lea Petit-Roy", "Contributor"),
        ("ana@martel.example", "Ana Roy", "Data analyst"),
    )
    content = book(*rows)  # a workbook holds the second it was made
    page = text(give(administrator, content))
    assert "Name: Lea Petit → Lea Petit-Roy" in page
    assert outcomes(last()) == [(2, "changed"), (3, "new")]
    confirm(administrator)
    cast.member.refresh_from_db()
    assert (cast.member.full_name, cast.member.role) == ("Lea Petit-Roy", Role.CONTRIBUTOR)
    before = head_count()
    page = text(give(administrator, content))
    assert outcomes(last()) == [(2, "same"), (3, "same")]
    assert "The same file was imported already" in page
    assert head_count() == before


def test_who_joins_later_is_no_news_the_second_time(administrator: Client, cast: Cast) -> None:
    """Nor on a day after it; on another day before it they are placed elsewhere."""
    head = ("E-mail", "Name", "Department", "From")
    joins = localdate() + timedelta(days=20)

    def given(day: date) -> tuple[str, list[str]]:
        row = ("ana@martel.example", "Ana Roy", cast.team.department.name, day)
        give(administrator, book(head, row))
        (line,) = last().lines
        return line["outcome"], [kept[0] for kept in line["said"]]

    assert given(joins)[0] == "new"
    confirm(administrator)
    assert given(joins) == ("same", [])
    assert given(joins + timedelta(days=9)) == ("same", [])
    assert given(joins - timedelta(days=9))[0] == "changed"


def test_blank_cells_change_nothing(administrator: Client, cast: Cast) -> None:
    give(administrator, book(HEAD, (cast.member.email, "", "", "", "", "")))
    assert outcomes(last()) == [(2, "same")]


def test_places_and_managers(administrator: Client, cast: Cast) -> None:
    rows = (
        (
            "a@martel.example",
            "A",
            "Team member",
            "E-commerce",
            "Traffic",
            "Sophie Roux",
        ),  # the lead: nothing to name
        ("b@martel.example", "B", "Team member", "e commerce", "", "karim.benali@martel.example"),
        ("c@martel.example", "C", "Team member", "Logistics", "", ""),
        ("d@martel.example", "D", "Team member", "Customer service", "Traffic", ""),
        ("e@martel.example", "E", "Team member", "", "", "Lea Petit"),
        ("f@martel.example", "F", "Team member", "", "", "Nobody Known"),
    )
    give(administrator, book(HEAD, *rows))
    run = last()
    assert errors(run) == {
        "D4": "There is no department “Logistics”: add it first.",
        "E5": "The team “Traffic” is not of this department.",
        "F7": "Nobody who may lead people is called “Nobody Known”.",
    }
    confirm(administrator)
    made = {
        person.email[0]: person for person in User.objects.get_queryset().filter(email__regex=r"^.@martel")
    }
    assert set(made) == {"a", "b", "e"}
    assert (made["a"].team, made["a"].reports_to) == (cast.team, None)
    assert (made["b"].department, made["b"].reports_to) == (cast.team.department, cast.other_manager)
    assert made["e"].reports_to is None  # Lea may lead nobody: said, and left out


def test_what_was_shown_and_changed_meanwhile_is_shown_again(administrator: Client, cast: Cast) -> None:
    give(administrator, book(HEAD, (cast.member.email, "Lea Martin")))
    run = last()
    digest = run.digest
    User.objects.get_queryset().filter(pk=cast.member.pk).update(full_name="Lea Durand")
    page = text(administrator.post(run.get_absolute_url(), {"digest": digest}, follow=True))
    assert "has changed since it was shown" in page
    assert "Name: Lea Durand → Lea Martin" in page
    cast.member.refresh_from_db()
    assert cast.member.full_name == "Lea Durand"
    assert confirm(administrator).state == "done"
    cast.member.refresh_from_db()
    assert cast.member.full_name == "Lea Martin"


def test_confirming_twice_stores_once(administrator: Client) -> None:
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    run = last()
    for _ in range(2):
        administrator.post(run.get_absolute_url(), {"digest": run.digest, "invite": "on"})
    assert User.objects.get_queryset().filter(email="ana@martel.example").count() == 1
    assert len(mail.outbox) == 1


def test_nobody_changes_their_own_role_by_a_file(administrator: Client, cast: Cast) -> None:
    give(administrator, book(HEAD, (cast.administrator.email, "", "Director"), ("x@martel.example", "X")))
    run = last()
    assert outcomes(run) == [(2, "refused"), (3, "new")]
    assert confirm(administrator).rows_new == 1
    cast.administrator.refresh_from_db()
    assert cast.administrator.role == Role.ADMINISTRATOR


def test_moving_somebody_under_new_eyes_waits_for_a_second_person(administrator: Client, cast: Cast) -> None:
    page = text(give(administrator, book(HEAD, (cast.member.email, "", "", "Customer service", "Advisers"))))
    assert "a second person has to grant it" in page
    confirm(administrator)
    cast.member.__dict__.pop("place", None)
    assert cast.member.team == cast.team  # until it is granted


def test_given_up_it_is_forgotten(administrator: Client) -> None:
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    run = last()
    administrator.post(reverse("rows_drop", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.lines, StagedSheet.objects.count()) == ("dropped", [], 0)
    assert administrator.get(reverse("rows_columns", args=[run.pk])).status_code == 404


def test_a_draft_is_its_givers_and_what_is_done_is_all_administrators(
    administrator: Client, cast: Cast, as_: SignIn
) -> None:
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    run = last()
    other = User.objects.create(email="o@martel.example", full_name="O", role=Role.ADMINISTRATOR)
    assert as_(other).get(run.get_absolute_url()).status_code == 404
    confirm(administrator)
    assert as_(other).get(run.get_absolute_url()).status_code == 200
    assert as_(cast.director).get(run.get_absolute_url()).status_code == 404
    assert as_(cast.director).get(reverse("rows_new", args=["people"])).status_code == 403


def test_people_are_offered_the_import_where_they_invite(
    administrator: Client, cast: Cast, as_: SignIn
) -> None:
    address = reverse("rows_new", args=["people"])
    assert address in text(administrator.get(reverse("people_list")))
    assert address not in text(as_(cast.director).get(reverse("people_list")))


def test_the_lead_of_a_team_is_no_news(administrator: Client, cast: Cast) -> None:
    TeamLead.objects.filter(team=cast.team).update(start=date(2026, 1, 1))
    give(administrator, book(HEAD, (cast.member.email, "", "", "", "", "Sophie Roux")))
    assert outcomes(last()) == [(2, "same")]


def test_what_is_old_is_forgotten_by_the_nightly_purge(administrator: Client) -> None:
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    done = confirm(administrator)
    give(administrator, book(HEAD, ("bob@martel.example", "Bob Roy")))
    draft = last()
    purge(timezone.now() + actions.DRAFTS_KEPT - timedelta(days=1))
    assert draft.sheets.count() == 1
    purge(timezone.now() + actions.DRAFTS_KEPT + timedelta(days=1))
    draft.refresh_from_db()
    done.refresh_from_db()
    assert (draft.state, draft.lines, draft.sheets.count()) == ("dropped", [], 0)
    assert done.lines
    purge(timezone.now() + actions.LINES_KEPT + timedelta(days=1))
    done.refresh_from_db()
    assert (done.state, done.rows_new, done.lines) == ("done", 1, [])


def test_many_new_people_are_looked_at_once(administrator: Client) -> None:
    """Who reads whom is worked out for all of them together: a file of a hundred takes as few queries a person."""
    rows = [
        (f"p{n}@martel.example", f"P {n}", "Manager", "E-commerce", "Traffic", "Karim Benali")
        for n in range(12)
    ]
    with CaptureQueriesContext(connection) as few:
        give(administrator, book(HEAD, *rows[:2]))
    with CaptureQueriesContext(connection) as many:
        give(administrator, book(HEAD, *rows))
    assert (len(many) - len(few)) / 10 < 30


def test_one_whom_nobody_may_place_does_not_hold_up_the_others(administrator: Client, cast: Cast) -> None:
    """The administrator heads a department: whom they placed there, they would read."""
    DepartmentHead.objects.create(
        department=cast.team.department, person=cast.administrator, start=date(2026, 1, 1)
    )
    rows = [("a@martel.example", "A", "", "E-commerce"), ("b@martel.example", "B", "", "Customer service")]
    give(administrator, book(HEAD[:4], *rows))
    assert outcomes(last()) == [(2, "refused"), (3, "new")]
    confirm(administrator)
    assert set(
        User.objects.get_queryset().filter(email__regex=r"^.@martel").values_list("full_name", flat=True)
    ) == {"B"}


def test_what_was_confirmed_stays_so_whatever_an_older_page_asks(administrator: Client, cast: Cast) -> None:
    """Who looks at columns in another window holds the import as it was before."""
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    older, sheet = last(), StagedSheet.objects.get()
    confirm(administrator)
    about: Any = {"by": cast.administrator, "at": timezone.now()}
    actions.show(older, **about)
    assert last().state == "done"
    stale = last()
    stale.state = "draft"
    actions.choose(stale, sheet=sheet, header=0, columns={"email": 0}, **about)
    assert (last().state, last().columns) == ("done", older.columns)


def test_what_was_given_up_stays_so(administrator: Client, cast: Cast) -> None:
    give(administrator, book(HEAD, ("ana@martel.example", "Ana Roy")))
    older = last()
    administrator.post(reverse("rows_drop", args=[older.pk]))
    actions.show(older, by=cast.administrator, at=timezone.now())
    assert (last().state, last().lines) == ("dropped", [])


def test_one_that_cannot_be_invited_keeps_no_other_from_it(
    administrator: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("ana@martel.example", "Ana"), ("bob@martel.example", "Bob")]
    give(administrator, book(HEAD, *rows, ("rh@martel.example", "Rita Hugo", "Human resources")))

    def fails_once(*, person: User, **more: Any) -> bool:
        if person.email == "ana@martel.example":
            raise ValueError(person)
        return invite(person=person, **more)

    monkeypatch.setattr(people, "invite", fails_once)
    confirm(administrator, invite="on")
    to = {to for letter in mail.outbox for to in letter.to}
    assert {"bob@martel.example", cast.director.email} <= to
    assert "ana@martel.example" not in to


def test_a_refusal_is_read_in_the_language_of_each_reader(
    administrator: Client, cast: Cast, as_: SignIn
) -> None:
    mine = (cast.administrator.email, cast.administrator.full_name, "Director")
    page = text(give(administrator, book(HEAD, mine)))
    assert "You cannot change your own role." in page
    cast.administrator.language = "fr"
    cast.administrator.save(update_fields=["language"])
    page = text(as_(cast.administrator).get(last().get_absolute_url()))
    assert "You cannot change your own role." not in page
    assert "Vous ne pouvez pas" in page


def test_what_changes_is_read_in_the_language_of_each_reader(
    administrator: Client, cast: Cast, as_: SignIn
) -> None:
    page = text(give(administrator, book(HEAD, (cast.member.email, "", "Contributor"))))
    assert "Role: " in page
    digest = last().digest
    cast.administrator.language = "fr"
    cast.administrator.save(update_fields=["language"])
    reader = as_(cast.administrator)
    page = text(reader.get(last().get_absolute_url()))
    assert "Rôle" in page
    assert "Contributeur" in page
    actions.show(last(), by=cast.administrator, at=timezone.now())
    assert last().digest == digest
