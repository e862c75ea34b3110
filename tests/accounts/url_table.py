"""Who may do what, URL by URL: written by hand, so that the code is held against it.

To add a URL, add a row under its name: who may read it (GET), who may write it (POST), and, when its route
takes arguments, how to make the objects it needs (``kwargs``, called once per test with the cast).
``hidden_from`` are roles that must get 404 where they would otherwise be refused or let in.
A URL without a row fails the test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

from django.utils import timezone

from accounts.invitations import invitation_issue, invitation_token
from accounts.models import (
    Department,
    Membership,
    OrganisationRequest,
    Role,
    RoleRequest,
    SavedView,
    StandIn,
    User,
)
from accounts.sign_in_links import link_issue
from accounts.tokens import token_issue
from base.attachments.actions import attach
from base.deadlines.feed import feed_make
from base.models import CalendarEvent, Company, Notification
from base.workflow.actions import begun
from intake.models import ImportRun
from intake.rows.actions import stage
from intake.rows.kinds import kind_for
from kpis.models import Deviation, Indicator, Measure, NightlyRun, Segment, Target, TargetProposal
from kpis.proposals import FLOW
from tests.cast import BEGAN, ROLES, Cast

Roles = frozenset[str]

EVERYBODY: Roles = frozenset(ROLES)
SIGNED_IN: Roles = EVERYBODY - {"anonymous"}
READERS: Roles = SIGNED_IN - {"outsider"}
HANDLERS: Roles = frozenset({"director", "manager", "other_manager", "analyst"})  # of deviations
PLANNERS: Roles = frozenset({"director", "analyst"})  # set targets
PROPOSERS: Roles = PLANNERS | {"manager", "other_manager", "member"}  # … and who may ask for some
IMPORTERS: Roles = frozenset({"director", "analyst", "administrator"})  # files, night runs
OPENERS: Roles = frozenset({"director", "administrator"})  # rows as they came in somebody else's file
ADMINISTRATORS: Roles = frozenset({"administrator"})
DESIGNERS: Roles = frozenset({"analyst", "administrator"})  # who see the page of components
PEOPLE_READERS: Roles = frozenset(
    {"director", "top_management", "manager", "other_manager", "hr", "administrator"}
)
APPROVERS: Roles = frozenset({"administrator", "director"})
CALENDAR_EDITORS: Roles = frozenset({"analyst", "administrator"})
NOBODY: Roles = frozenset()


def nothing(cast: Cast) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    read: Roles
    write: Roles
    kwargs: Callable[[Cast], Mapping[str, Any]] = nothing
    data: Mapping[str, Any] = field(default_factory=dict)  # what POST sends
    hidden_from: Roles = NOBODY
    by_token: bool = False  # for programs: who asks sends a token of their own with every scope, and JSON


def who_may(row: Row, method: str) -> str:
    """A role the row lets in, the strongest first; ``member`` where it lets nobody in."""
    allowed = row.read if method in ("get", "head") else row.write
    return next((role for role in reversed(ROLES) if role in allowed), "member")


def public(**more: Any) -> Row:
    return Row(read=EVERYBODY, write=EVERYBODY, **more)


def own(**more: Any) -> Row:
    """Pages about oneself."""
    return Row(read=SIGNED_IN, write=SIGNED_IN, **more)


def administration(**more: Any) -> Row:
    return Row(read=ADMINISTRATORS, write=ADMINISTRATORS, **more)


def a_member(cast: Cast) -> Mapping[str, Any]:
    return {"pk": cast.member.pk}


def the_manager(cast: Cast) -> Mapping[str, Any]:
    return {"pk": cast.manager.pk}


def a_place_besides(cast: Cast) -> Mapping[str, Any]:
    there = cast.other_team.department
    row = Membership.objects.create(person=cast.member, department=there, main=False, start=BEGAN)
    return {"pk": row.pk}


def a_stand_in(cast: Cast) -> Mapping[str, Any]:
    days = {"start": timezone.localdate(), "end": timezone.localdate()}
    return {"pk": StandIn.objects.create(person=cast.manager, stand_in=cast.analyst, **days).pk}


def a_team(cast: Cast) -> Mapping[str, Any]:
    return {"pk": cast.team.pk}


def a_reset_link(cast: Cast) -> Mapping[str, Any]:
    return {"uidb36": "1", "key": "set-password"}


def an_empty_department(cast: Cast) -> Mapping[str, Any]:
    return {"pk": Department.objects.create(code="logistics", name="Logistics").pk}


def a_role_request(cast: Cast) -> Mapping[str, Any]:
    asked = RoleRequest.objects.create(
        person=cast.member,
        role=Role.HR,
        email=cast.member.email,
        requested_by=cast.administrator,
        requested_at=timezone.now(),
    )
    return {"pk": asked.pk}


def an_organisation_request(cast: Cast) -> Mapping[str, Any]:
    asked = OrganisationRequest.objects.create(
        change="team_lead_name",
        arguments={"team": cast.team.pk, "lead": cast.other_manager.pk, "start": "2026-11-28"},
        opens=[{"reader": cast.other_manager.pk, "email": "k@martel.example", "people": [cast.member.pk]}],
        requested_by=cast.administrator,
        requested_at=timezone.now(),
    )
    return {"pk": asked.pk}


def the_hr(cast: Cast) -> Mapping[str, Any]:
    return {"pk": cast.hr.pk}


def a_sign_in_link(cast: Cast) -> Mapping[str, Any]:
    return {"token": link_issue(person=cast.member, at=timezone.now())}


def an_invitation(cast: Cast) -> Mapping[str, Any]:
    person = User.objects.create_user("new@martel.example", full_name="New")
    invitation = invitation_issue(person=person, by=cast.administrator, at=timezone.now())
    return {"token": invitation_token(invitation)}


def an_import(cast: Cast) -> Mapping[str, Any]:
    """Of orders, given by nobody who is here."""
    run = ImportRun.objects.create(
        filename="orders.csv", path="imports/none", sha256="0" * 64, size=1, asked=NO_KIND,
        kind="orders", state="done", finished_at=timezone.now(),
    )  # fmt: skip
    return {"pk": run.pk}


def some_rows(cast: Cast) -> Mapping[str, Any]:
    """People in a file the administrator gave and did not confirm yet."""
    file = BytesIO(b"E-mail;Name\nnew@martel.example;New\n")
    found = stage(
        file=file, filename="people.csv", kind=kind_for("people"), by=cast.administrator, at=timezone.now()
    )
    return {"pk": found.pk}


NO_KIND = {"kind": "auto", "source": ""}  # as a person who lets the kind be recognised asks


def an_indicator_of_the_table() -> Indicator:
    names = {"name_fr": "CA", "name_en": "Revenue", "unit": "money"}
    Measure.objects.get_or_create(code="revenue", defaults=names)
    return Indicator.objects.get_or_create(
        code="revenue",
        defaults={"name_fr": "CA", "name_en": "Revenue", "formula": "revenue", "unit": "money"},
    )[0]


def an_indicator(cast: Cast) -> Mapping[str, Any]:
    return {"code": an_indicator_of_the_table().code}


def the_whole() -> Segment:
    return Segment.objects.get_or_create(key="{}", defaults={"values": {}})[0]


def a_deviation(cast: Cast) -> Mapping[str, Any]:
    day = date(2026, 11, 20)
    deviation = Deviation.objects.create(
        indicator=an_indicator_of_the_table(), segment=the_whole(), rule="signal", grain="day", start=day, end=day,
        severity="high", value=1, reference=2, opened_on=day, updated_on=day,
    )  # fmt: skip
    return {"pk": deviation.pk}


def an_attachment(cast: Cast) -> Mapping[str, Any]:
    deviation = Deviation.objects.get(**a_deviation(cast))
    file = attach(item=deviation, name="Note.pdf", content=b"%PDF-1.7", by=cast.director, at=timezone.now())
    return {"pk": deviation.pk, "attachment": file.pk if file else 0}


def a_night(cast: Cast) -> Mapping[str, Any]:
    return {"pk": NightlyRun.objects.create(as_of=date(2026, 11, 20), state="failed").pk}


def a_target(cast: Cast) -> Mapping[str, Any]:
    target = Target.objects.create(
        indicator=an_indicator_of_the_table(), segment=the_whole(), start=date(2026, 11, 1),
        end=date(2026, 11, 30), value=100, created_by=cast.director,
    )  # fmt: skip
    return {"pk": target.pk}


def a_proposal(cast: Cast) -> Mapping[str, Any]:
    """Of one manager: other managers and members do not see it."""
    proposal = TargetProposal(
        indicator=an_indicator_of_the_table(), segment=the_whole(), start=date(2026, 11, 1),
        end=date(2026, 11, 30), value=100,
    )  # fmt: skip
    return {"pk": begun(FLOW, record=proposal, by=cast.other_manager, at=timezone.now()).pk}


def a_note(cast: Cast) -> Mapping[str, Any]:
    return {"pk": Notification.objects.create(user=cast.director, key="k", plain="Told", url="/").pk}


def a_saved_view(cast: Cast) -> Mapping[str, Any]:
    kept = {"list_name": "deviation_list", "name": "Grave", "query": "severity=high"}
    return {"pk": SavedView.objects.create(owner=cast.director, **kept).pk}


def a_company(cast: Cast) -> Mapping[str, Any]:
    Company.objects.get_or_create(pk=Company.SINGLETON, defaults={"name": "Martel"})
    return {}


def an_event(cast: Cast) -> Mapping[str, Any]:
    day = date(2026, 11, 20)
    return {"pk": CalendarEvent.objects.get_or_create(code="closure", start=day, end=day)[0].pk}


def a_token(cast: Cast) -> Mapping[str, Any]:
    token, _secret = token_issue(
        owner=cast.director, name="X", scopes=["figures:read"], days=30, at=timezone.now()
    )
    return {"pk": token.pk}


def a_calendar(cast: Cast) -> Mapping[str, Any]:
    return {"token": feed_make(owner=cast.director, at=timezone.now())}


def private(**more: Any) -> Row:
    """What was told to the director is nobody else's."""
    return Row(
        read=frozenset({"director"}),
        write=frozenset({"director"}),
        hidden_from=SIGNED_IN - {"director"},
        **more,
    )


def by_relation(visitors: Roles, **more: Any) -> Row:
    """What is open to those who stand near a person, and hidden from all others."""
    return Row(read=visitors, write=visitors, hidden_from=SIGNED_IN - visitors, **more)


def program(read: Roles, write: Roles | None = None, **more: Any) -> Row:
    return Row(read=read, write=read if write is None else write, by_token=True, **more)


# Who stands near the member: themselves, their lead, human resources; and who manages access.
NEAR_THE_MEMBER: Roles = frozenset({"member", "manager", "hr", "administrator"})


ROWS: dict[str, Row] = {
    # accounts: sign-in
    "account_login": public(),
    "account_logout": public(),
    "account_inactive": public(),
    "mfa_authenticate": public(),
    "account_reset_password": public(),
    "account_reset_password_done": public(),
    "account_reset_password_from_key": public(kwargs=a_reset_link),
    "account_reset_password_from_key_done": public(),
    "sign_in_link_ask": public(),
    "sign_in_link_sent": public(),
    "sign_in_link": public(kwargs=a_sign_in_link),
    "invitation_accept": public(kwargs=an_invitation),
    "set_language": public(data={"language": "fr"}),
    # accounts: oneself
    "account_reauthenticate": own(),
    "mfa_reauthenticate": own(),
    "account_change_password": own(),
    "mfa_index": own(),
    "mfa_activate_totp": own(),
    "mfa_deactivate_totp": own(),
    "mfa_view_recovery_codes": own(),
    "mfa_generate_recovery_codes": own(),
    "mfa_download_recovery_codes": own(),
    "preferences": own(data={"full_name": "Me", "language": "en", "theme": "dark"}),
    "address_proof_send": own(),
    "address_confirm": own(kwargs=lambda _: {"token": "none"}),
    "token_list": own(data={"name": "X", "scopes": ["figures:read"], "days": "30"}),
    "token_list_all": administration(),
    "token_end": Row(
        read=frozenset({"director", "administrator"}),
        write=frozenset({"director", "administrator"}),
        kwargs=a_token,
        hidden_from=SIGNED_IN - {"director", "administrator"},
    ),
    "director_too": administration(),
    "set_theme": own(data={"theme": "dark"}),
    "search": own(),
    "saved_view_add": own(data={"list": "saved_nothing", "name": "Mine"}),
    "saved_view_edit": private(kwargs=a_saved_view, data={"name": "Mine"}),
    # accounts: people
    "people_list": Row(read=PEOPLE_READERS, write=PEOPLE_READERS),
    "person_invite": administration(
        data={"email": "x@martel.example", "full_name": "X", "role": "member", "language": "fr"}
    ),
    "person_detail": by_relation(NEAR_THE_MEMBER, kwargs=a_member),
    "place_add": administration(kwargs=a_member),
    "place_end": administration(kwargs=a_place_besides),
    "stand_in_add": Row(
        read=frozenset({"manager"}),
        write=frozenset({"manager"}),
        kwargs=the_manager,
        hidden_from=SIGNED_IN - {"manager", "hr", "administrator"},
    ),
    "stand_in_remove": Row(
        read=frozenset({"manager"}),
        write=frozenset({"manager"}),
        kwargs=a_stand_in,
        hidden_from=SIGNED_IN - {"manager", "hr", "administrator"},
    ),
    "read_list": Row(read=frozenset({"hr"}), write=frozenset({"hr"})),
    "own_reads": own(),
    "person_edit": administration(
        kwargs=a_member,
        data={"email": "y@martel.example", "full_name": "Y", "role": "none", "language": "fr"},
    ),
    "person_access": administration(kwargs=a_member),
    "person_invite_again": administration(kwargs=a_member),
    "role_request_list": Row(read=APPROVERS, write=APPROVERS),
    "role_request_answer": Row(
        read=APPROVERS, write=APPROVERS, kwargs=a_role_request, data={"answer": "grant"}
    ),
    "organisation_request_answer": Row(
        read=APPROVERS, write=APPROVERS, kwargs=an_organisation_request, data={"answer": "refuse"}
    ),
    "hr_scope": administration(kwargs=the_hr),
    "person_leaves": administration(kwargs=a_member),
    "department_list": administration(),
    "department_add": administration(data={"name": "Logistics", "code": "logistics"}),
    "department_edit": administration(kwargs=an_empty_department, data={"name": "L", "code": "l"}),
    "department_remove": administration(kwargs=an_empty_department),
    "team_add": administration(),
    "team_edit": administration(kwargs=a_team),
    "team_remove": administration(kwargs=a_team),
    # intake
    "import_list": Row(read=READERS, write=READERS),
    "import_retention": administration(),
    "import_add": Row(read=IMPORTERS, write=IMPORTERS),
    "import_example": Row(read=IMPORTERS, write=READERS, kwargs=lambda _: {"kind": "orders"}),
    "import_detail": Row(read=READERS, write=READERS, kwargs=an_import),
    "import_progress": Row(read=READERS, write=READERS, kwargs=an_import),
    "import_rejects": Row(read=OPENERS, write=READERS, kwargs=an_import),
    "import_undo": Row(read=IMPORTERS, write=IMPORTERS, kwargs=an_import),
    "import_again": Row(read=READERS, write=IMPORTERS, kwargs=an_import),
    "rows_new": administration(kwargs=lambda _: {"kind": "people"}),
    "rows_template": Row(read=ADMINISTRATORS, write=READERS, kwargs=lambda _: {"kind": "people"}),
    "rows_import": administration(kwargs=some_rows, hidden_from=READERS - {"administrator"}),
    "rows_columns": administration(kwargs=some_rows, hidden_from=READERS - {"administrator"}),
    "rows_drop": administration(kwargs=some_rows, hidden_from=READERS - {"administrator"}),
    # kpis
    "indicator_list": Row(read=READERS, write=READERS),
    "indicator_detail": Row(read=READERS, write=READERS, kwargs=an_indicator),
    "indicator_provenance": Row(read=READERS, write=READERS, kwargs=an_indicator),
    "deviation_list": Row(read=READERS, write=HANDLERS),
    "deviation_detail": Row(read=READERS, write=READERS, kwargs=a_deviation),
    "deviation_acknowledge": Row(read=HANDLERS, write=HANDLERS, kwargs=a_deviation),
    "deviation_assign": Row(read=HANDLERS, write=HANDLERS, kwargs=a_deviation),
    "deviation_snooze": Row(
        read=HANDLERS, write=HANDLERS, kwargs=a_deviation, data={"until": "2100-01-01", "reason": "Known"}
    ),
    "deviation_wake": Row(read=HANDLERS, write=HANDLERS, kwargs=a_deviation),
    "deviation_comment": Row(read=HANDLERS, write=HANDLERS, kwargs=a_deviation, data={"text": "Seen"}),
    "deviation_attach": Row(read=HANDLERS, write=HANDLERS, kwargs=a_deviation),
    "deviation_detach": Row(read=HANDLERS, write=HANDLERS, kwargs=a_deviation, data={"attachment": "1"}),
    "deviation_attachment": Row(read=READERS, write=READERS, kwargs=an_attachment),
    "night_list": Row(read=READERS, write=READERS),
    "night_run": Row(read=IMPORTERS, write=IMPORTERS, data={"as_of": "2026-11-20"}),
    "night_detail": Row(read=READERS, write=READERS, kwargs=a_night),
    "night_retry": Row(read=IMPORTERS, write=IMPORTERS, kwargs=a_night),
    "target_list": Row(read=READERS, write=READERS),
    "target_sheet": Row(read=READERS, write=PROPOSERS),
    "target_new": Row(read=PROPOSERS, write=PROPOSERS),
    "target_proposal_list": Row(read=PROPOSERS, write=PROPOSERS),
    "target_proposal_detail": Row(read=PROPOSERS, write=PROPOSERS, kwargs=a_proposal),
    "target_proposal_move": Row(
        read=PROPOSERS,
        write=PROPOSERS,
        kwargs=a_proposal,
        data={"transition": "return", "revision": 0, "reason": "why"},
    ),
    "target_detail": Row(read=READERS, write=READERS, kwargs=a_target),
    "target_withdraw": Row(read=PLANNERS, write=PLANNERS, kwargs=a_target),
    # base
    "company_detail": Row(read=CALENDAR_EDITORS, write=CALENDAR_EDITORS),
    "company_edit": Row(read=CALENDAR_EDITORS, write=CALENDAR_EDITORS, kwargs=a_company),
    "event_new": Row(
        read=CALENDAR_EDITORS,
        write=CALENDAR_EDITORS,
        data={"code": "closure", "start": "2026-11-20", "end": "2026-11-21"},
    ),
    "event_skip": Row(read=CALENDAR_EDITORS, write=CALENDAR_EDITORS),
    "event_edit": Row(
        read=CALENDAR_EDITORS,
        write=CALENDAR_EDITORS,
        kwargs=an_event,
        data={"code": "closure", "start": "2026-11-22", "end": "2026-11-23"},
    ),
    "event_remove": Row(read=CALENDAR_EDITORS, write=CALENDAR_EDITORS, kwargs=an_event),
    "design": Row(read=DESIGNERS, write=DESIGNERS),
    "my_day": own(),
    "calendar_make": own(),
    "calendar_end": own(),
    "calendar_feed": public(kwargs=a_calendar),
    "notification_preferences": own(
        data={"quiet_from": "", "quiet_to": "", "kind-import_refused": "now", "kind-deviation_opened": "now"}
    ),
    "notification_list": own(),
    "notification_read_all": own(),
    "notification_open": private(kwargs=a_note),
    # config
    "health": public(),
    "ready": public(),
    "metrics": Row(read=NOBODY, write=NOBODY, hidden_from=EVERYBODY),  # for programs: no role opens it
    # api
    "api_indicators": program(READERS),
    "api_indicator": program(READERS, kwargs=an_indicator),
    "api_values": program(READERS),
    "api_gaps": program(READERS),
    "api_deviations": program(READERS),
    "api_deviation": program(READERS, kwargs=a_deviation),
    "api_targets": program(READERS, PROPOSERS),
    "api_target": program(READERS, kwargs=a_target),
    "api_facts": program(IMPORTERS),
    "api_fact_batch": program(IMPORTERS, kwargs=an_import),
    "api_fact_batch_undo": program(IMPORTERS, kwargs=an_import),
    "api_description": Row(read=READERS, write=READERS),
    "api_docs": Row(read=READERS, write=READERS),
    # cockpit
    "start": public(),
    "home": own(),
}
