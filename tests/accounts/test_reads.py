"""Who read whose confidential records: written in one line, kept, shown to human resources and to the person."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Channel, HRScope, OrganisationRequest, RecordRead, Role, TeamLead, User
from accounts.organisation import hr_limit
from accounts.reads import forget_reads, log_read
from accounts.tasks import forget_reads as forget_task
from tests.cast import Cast, person

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]


def reads(person: User) -> list[tuple[int, str, str]]:
    return list(RecordRead.objects.filter(person=person).values_list("reader", "what", "channel"))


def test_opening_a_persons_page_is_written_unless_it_is_ones_own(cast: Cast, as_: SignIn) -> None:
    page = reverse("person_detail", args=[cast.member.pk])
    for reader in (cast.administrator, cast.member, cast.hr, cast.manager):
        assert as_(reader).get(page).status_code == 200
    for stranger in (cast.other_manager, cast.analyst, cast.contributor, cast.director, cast.outsider):
        assert as_(stranger).get(page).status_code == 404
    readers = [reader for reader, _what, _channel in reads(cast.member)]
    assert sorted(readers) == sorted([cast.administrator.pk, cast.hr.pk, cast.manager.pk])


def test_an_exported_list_is_a_read_of_each(cast: Cast, as_: SignIn) -> None:
    exported = as_(cast.manager).get(reverse("people_list"), {"_export": "csv"}).content.decode()
    assert "Lea Petit" in exported
    assert "Karim Benali" not in exported
    assert reads(cast.member) == [(cast.manager.pk, "people_list", "export")]
    assert reads(cast.manager) == []
    assert reads(cast.other_manager) == []


def test_the_person_sees_who_read_and_nobody_elses(cast: Cast, as_: SignIn) -> None:
    log_read(cast.hr, cast.member, what="person_page")
    log_read(cast.administrator, cast.contributor, what="person_page")
    own = as_(cast.member).get(reverse("own_reads")).content.decode()
    assert "Nadia Fournier" in own
    assert "Marc Dubois" not in own
    assert "Nadia Fournier" not in as_(cast.contributor).get(reverse("own_reads")).content.decode()


def test_human_resources_see_filter_and_export_those_they_look_after(cast: Cast, as_: SignIn) -> None:
    log_read(cast.manager, cast.member, what="person_page")
    log_read(cast.administrator, cast.other_manager, what="people_list", channel=Channel.EXPORT)
    url, hr = reverse("read_list"), as_(cast.hr)
    assert {read.person for read in hr.get(url).context["table"].data} == {cast.member, cast.other_manager}
    asked: list[dict[str, Any]] = [
        {"q": "lea"}, {"what": "person_page"}, {"channel": "page"}, {"q": "sophie"},
        {"channel": "page", "start": str(timezone.localdate())},
    ]  # fmt: skip
    for query in asked:
        assert [read.person for read in hr.get(url, query).context["table"].data] == [cast.member], query
    exported = hr.get(url, {"_export": "csv", "q": "karim"}).content.decode()
    assert "Marc Dubois" in exported
    assert "Sophie Roux" not in exported
    hr_limit(
        person=cast.hr, departments=[cast.team.department], start=timezone.localdate(), by=cast.administrator
    )
    assert [read.person for read in hr.get(url).context["table"].data] == [cast.member]
    assert HRScope.objects.count() == 1
    for other in (cast.administrator, cast.director, cast.manager, cast.top_management, cast.member):
        assert as_(other).get(url).status_code == 403


def test_the_log_cannot_be_rewritten_nor_cut_short(cast: Cast) -> None:
    log_read(cast.hr, cast.member, what="person_page")
    log_read(cast.hr, cast.member, what="person_page", at=timezone.now() - timedelta(days=179))
    for attempt in (
        lambda: RecordRead.objects.update(reader=None),
        lambda: RecordRead.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            attempt()
    with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
        forget_reads(before=timezone.now() + timedelta(days=1))
    assert RecordRead.objects.count() == 2


def test_reads_are_forgotten_when_their_time_is_over(cast: Cast, settings: Any) -> None:
    settings.READ_LOG_DAYS = 365
    for days in (366, 364):
        log_read(cast.hr, cast.member, what="person_page", at=timezone.now() - timedelta(days=days))
    assert forget_task() == 1
    assert RecordRead.objects.count() == 1


def test_a_read_outlives_the_people_it_names(cast: Cast, as_: SignIn) -> None:
    log_read(cast.outsider, cast.member, what="person_page")
    cast.outsider.delete()
    page = as_(cast.member).get(reverse("own_reads"))
    assert page.context["table"].paginator.count == 1


def test_what_is_read_has_a_name(cast: Cast) -> None:
    with pytest.raises(ValueError, match="KINDS"):
        log_read(cast.hr, cast.member, what="diary")
    with pytest.raises(IntegrityError), transaction.atomic():
        RecordRead.objects.create(
            reader=cast.hr, person=cast.member, what="x", channel="ear", at=timezone.now()
        )


def test_a_read_costs_one_query_for_any_number_and_none_for_oneself(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        log_read(cast.hr, cast.member, cast.manager, cast.director.pk, what="people_list")
    with django_assert_num_queries(0):
        log_read(cast.hr, cast.hr, what="person_page")


# The pages of stand-ins and of places besides


def test_a_manager_names_a_stand_in_who_then_opens_the_pages_of_the_team(cast: Cast, as_: SignIn) -> None:
    today = timezone.localdate()
    page = reverse("person_detail", args=[cast.member.pk])
    assert as_(cast.analyst).get(page).status_code == 404
    url = reverse("stand_in_add", args=[cast.manager.pk])
    sent = {"stand_in": cast.analyst.pk, "start": today, "end": today, "reason": "Leave"}
    refused = as_(cast.manager).post(url, {**sent, "end": today - timedelta(days=1)})
    assert "end" in refused.context["form"].errors
    assert refused.context["form"]["reason"].value() == "Leave"
    assert (
        "stand_in"
        in as_(cast.manager).post(url, {**sent, "stand_in": cast.manager.pk}).context["form"].errors
    )
    assert as_(cast.manager).post(url, sent).status_code == 302
    assert as_(cast.analyst).get(page).status_code == 200
    assert "Ines Leroy" in as_(cast.hr).get(reverse("person_detail", args=[cast.manager.pk])).content.decode()
    as_(cast.manager).post(reverse("stand_in_remove", args=[cast.manager.stand_ins.get().pk]))
    assert as_(cast.analyst).get(page).status_code == 404


def test_a_person_works_in_two_departments_and_the_second_ends(cast: Cast, as_: SignIn) -> None:
    admin, there = as_(cast.administrator), cast.other_team
    TeamLead.objects.filter(team=there).delete()  # nobody new reads them: one person moves them
    add = reverse("place_add", args=[cast.member.pk])
    today = timezone.localdate()
    assert admin.post(add, {"start": today}).context["form"].errors.keys() == {"department"}
    assert admin.post(add, {"start": today, "team": there.pk}).status_code == 302
    assert "already works there" in admin.post(add, {"start": today, "team": there.pk}).content.decode()
    people = admin.get(reverse("people_list"), {"team": there.pk}).content.decode()
    assert "Lea Petit" in people
    second = cast.member.memberships.get(main=False)
    admin.post(reverse("place_end", args=[second.pk]))
    second.refresh_from_db()
    assert second.end == today
    main = cast.member.memberships.get(main=True)
    assert admin.post(reverse("place_end", args=[main.pk])).status_code == 404


def test_a_move_is_dated_on_the_form(cast: Cast, as_: SignIn) -> None:
    start = timezone.localdate() + timedelta(days=3)
    sent = {
        "email": cast.member.email, "full_name": cast.member.full_name, "role": "member", "language": "en",
        "team": cast.other_team.pk, "start": start, "reports_to": cast.director.pk,
    }  # fmt: skip
    as_(cast.administrator).post(reverse("person_edit", args=[cast.member.pk]), sent)
    second = person("Second Approver", Role.ADMINISTRATOR)
    for asked in OrganisationRequest.objects.pending():
        url = reverse("organisation_request_answer", args=[asked.pk])
        as_(second).post(url, {"answer": "grant"})
    assert [(row.team, row.start) for row in cast.member.memberships.order_by("-start")][:1] == [
        (cast.other_team, start)
    ]
    assert cast.member.reporting_lines.get().start == start
    assert User.objects.get(pk=cast.member.pk).team == cast.team


def test_what_is_about_access_is_not_shown_to_who_does_not_manage_it(cast: Cast, as_: SignIn) -> None:
    """Neither as a column, nor by sorting, nor by filtering, nor in the file."""
    url = reverse("people_list")
    User.objects.filter(pk=cast.member.pk).update(last_login=timezone.now(), password="!")
    manager = as_(cast.manager)
    shown = manager.get(url).content.decode()
    assert "Last sign-in" not in shown
    assert "Last sign-in" not in manager.get(url, {"_export": "csv"}).content.decode()
    ordered = [manager.get(url, {"sort": sort}).content.decode() for sort in ("last_login", "-last_login")]
    assert [page.index("Lea Petit") < page.index("Sophie Roux") for page in ordered] in (
        [True] * 2,
        [False] * 2,
    )
    for state in ("active", "invited", "closed"):
        assert manager.get(url, {"state": state}).context["table"].paginator.count == 2
    detail = manager.get(reverse("person_detail", args=[cast.member.pk])).content.decode()
    assert "What changed" not in detail
    assert reverse("person_edit", args=[cast.member.pk]) not in detail


def test_nobody_having_read_is_said_without_a_list(cast: Cast, as_: SignIn) -> None:
    own = reverse("own_reads")
    page = as_(cast.member).get(own).content
    assert b"Nobody else has read your records" in page
    assert b"_export" not in page
    filtered = as_(cast.member).get(own, {"what": "person_page"}).content
    assert b"Nobody else" not in filtered  # none fits: that says nothing of all of them
    log_read(cast.hr, cast.member, what="person_page")
    assert b"Nobody else" not in as_(cast.member).get(own).content
