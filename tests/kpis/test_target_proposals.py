"""Targets proposed by who may not set them: agreed by a second person, returned with a reason, decided on once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from base import dates
from base.models import Notification, WorkflowEvent
from base.workflow.actions import offered, take
from kpis.models import Target, TargetProposal
from kpis.proposals import FLOW, propose_target
from kpis.targets import set_target
from tests.cast import Cast
from tests.kpis.test_target_pages import AUTUMN, NEW, previewed, said
from tests.kpis.world import World

SignIn = Callable[[User | None], Client]
SCOPE = ("begun_by", "indicator", "segment", "start", "end", "value", "low", "high", "state")
AUTUMN_DAYS: dict[str, Any] = {
    "indicator": "net_revenue",
    "start": date(2026, 10, 1),
    "end": date(2026, 12, 31),
}


@pytest.fixture
def proposal(shop: World, cast: Cast) -> TargetProposal:
    return propose_target(
        **AUTUMN_DAYS, value=Decimal(30000), by=cast.manager, at=timezone.now(), reason="Two more shops"
    )


def page_of(proposal: TargetProposal) -> str:
    return reverse("target_proposal_detail", args=[proposal.pk])


def move(visitor: Client, proposal: TargetProposal, code: str, revision: int = 0, **more: str) -> Any:
    asked = {"transition": code, "revision": revision, **more}
    return visitor.post(reverse("target_proposal_move", args=[proposal.pk]), asked)


def decide(
    proposal: TargetProposal, code: str, by: User, revision: int = 0, reason: str = ""
) -> TargetProposal:
    return take(FLOW, record=proposal, code=code, by=by, at=timezone.now(), revision=revision, reason=reason)


def test_the_same_proposed_twice_waits_once(proposal: TargetProposal, cast: Cast) -> None:
    """Two clicks ask for one decision; another figure, another person or a later time ask for another."""
    same: dict[str, Any] = {**AUTUMN_DAYS, "value": Decimal(30000), "at": timezone.now()}
    assert propose_target(**same, by=cast.manager) == proposal
    told = Notification.objects.filter(user=cast.director)
    assert told.count() == 1
    propose_target(**same | {"value": Decimal(31000)}, by=cast.manager)
    propose_target(**same, by=cast.member)
    bounds = same | {"value": None, "low": Decimal(1), "high": Decimal(2)}
    assert propose_target(**bounds, by=cast.manager) == propose_target(**bounds, by=cast.manager)
    assert TargetProposal.objects.count() == 4
    decide(proposal, "return", cast.director, reason="Too few")
    assert propose_target(**same, by=cast.manager) != proposal


# ---- through the pages ------------------------------------------------------------------------------------------


def test_what_a_manager_proposes_counts_once_the_director_agrees(
    shop: World, cast: Cast, as_: SignIn
) -> None:
    manager, director = as_(cast.manager), as_(cast.director)
    asked = AUTUMN | {"value": "30000", "reason": "Two more shops"}
    page = said(manager.post(NEW, asked | {"preview": "1"}))
    assert "Propose this target" in page
    response = manager.post(NEW, asked | {"save": "1", "previewed": previewed(page)})
    proposal = TargetProposal.objects.get()
    assert response["Location"] == page_of(proposal)
    assert not Target.objects.exists()
    assert "Two more shops" in said(manager.get(page_of(proposal)))
    assert "Agree and set the target" not in said(manager.get(page_of(proposal)))
    assert "Agree and set the target" in said(director.get(page_of(proposal)))
    assert move(director, proposal, "agree").status_code == 302
    proposal.refresh_from_db()
    target = Target.objects.get()
    assert proposal.target == target
    assert (target.value, target.created_by) == (Decimal(30000), cast.director)
    assert sum(target.days.values_list("value", flat=True)) == Decimal(30000)


def test_who_sets_targets_needs_nobody(shop: World, cast: Cast, as_: SignIn) -> None:
    analyst = as_(cast.analyst)
    asked = AUTUMN | {"value": "30000"}
    page = said(analyst.post(NEW, asked | {"preview": "1"}))
    assert "Why this target" not in page
    analyst.post(NEW, asked | {"save": "1", "previewed": previewed(page)})
    assert Target.objects.count() == 1
    assert not TargetProposal.objects.exists()


def test_what_is_returned_says_why_and_is_proposed_again(
    proposal: TargetProposal, cast: Cast, as_: SignIn
) -> None:
    director, manager = as_(cast.director), as_(cast.manager)
    asked = said(move(director, proposal, "return", reason="  "))
    assert "Say why: it stays with the decision." in asked
    assert move(director, proposal, "return", reason="Too little for Christmas").status_code == 302
    shown = said(manager.get(page_of(proposal)))
    assert "Too little for Christmas" in shown
    assert "Propose again" in shown
    assert "Propose again" not in said(director.get(page_of(proposal)))
    assert not Target.objects.exists()


def test_who_decides_on_what_changed_meanwhile_is_told_and_keeps_the_text(
    proposal: TargetProposal, cast: Cast, as_: SignIn
) -> None:
    decide(proposal, "withdraw", cast.manager)
    shown = said(move(as_(cast.director), proposal, "return", reason="Too little for Christmas"))
    assert "Changed meanwhile by" in shown
    assert "Too little for Christmas" in shown
    proposal.refresh_from_db()
    assert proposal.state == "withdrawn"


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"transition": "agree"},
        {"transition": "agree", "revision": "x"},
        {"transition": "agree", "revision": -1},
        {"transition": "\0", "revision": 0},
        {"transition": "begin", "revision": 0},
        {"transition": "x" * 300, "revision": 0},
    ],
)
def test_a_malformed_decision_decides_nothing(
    proposal: TargetProposal, cast: Cast, as_: SignIn, asked: dict[str, Any]
) -> None:
    visitor = as_(cast.director)
    assert visitor.post(reverse("target_proposal_move", args=[proposal.pk]), asked).status_code == 200
    proposal.refresh_from_db()
    assert (proposal.state, proposal.revision) == ("proposed", 0)


# ---- the rules --------------------------------------------------------------------------------------------------


def test_nobody_agrees_to_their_own(shop: World, cast: Cast) -> None:
    own = propose_target(**AUTUMN_DAYS, value=Decimal(1), by=cast.director, at=timezone.now())
    assert [step.code for step in offered(FLOW, own, cast.director)] == ["withdraw"]
    with pytest.raises(ValidationError, match="Somebody else decides"):
        decide(own, "agree", cast.director)
    assert decide(own, "agree", cast.analyst).state == "agreed"


@pytest.mark.parametrize(
    ("who", "codes"),
    [("manager", ["withdraw"]), ("director", ["agree", "return"]), ("analyst", ["agree", "return"]),
     ("member", []), ("other_manager", []), ("administrator", [])],
)  # fmt: skip
def test_who_may_decide(proposal: TargetProposal, cast: Cast, who: str, codes: list[str]) -> None:
    person: User = getattr(cast, who)
    assert [step.code for step in offered(FLOW, proposal, person)] == codes
    for step in FLOW.transitions:
        if step.code not in codes:
            with pytest.raises(ValidationError):
                decide(proposal, step.code, person, reason="because")


def test_of_two_who_decide_at_once_one_does(proposal: TargetProposal, cast: Cast) -> None:
    decide(proposal, "agree", cast.director)
    with pytest.raises(ValidationError, match="Changed meanwhile"):
        decide(proposal, "agree", cast.analyst)
    assert Target.objects.count() == 1
    with pytest.raises(ValidationError, match="decided meanwhile"):
        decide(proposal, "withdraw", cast.manager, revision=1)


def test_a_revision_that_never_was_names_nobody(proposal: TargetProposal, cast: Cast) -> None:
    with pytest.raises(ValidationError, match="There is no such step"):
        decide(proposal, "agree", cast.director, revision=7)


def test_what_cannot_be_set_any_more_is_refused_and_stays(proposal: TargetProposal, cast: Cast) -> None:
    TargetProposal.objects.filter(pk=proposal.pk).update(value=Decimal(10) ** 13 * 9, end=date(2500, 1, 1))
    with pytest.raises(ValidationError, match="A target lies between"):
        decide(proposal, "agree", cast.director)
    proposal.refresh_from_db()
    assert (proposal.state, proposal.revision) == ("proposed", 0)
    assert WorkflowEvent.objects.count() == 1


def test_agreeing_replaces_the_target_in_force(proposal: TargetProposal, cast: Cast, as_: SignIn) -> None:
    set_target(**AUTUMN_DAYS, value=Decimal(25000), at=timezone.now(), by=cast.director)
    assert "25" in said(as_(cast.director).get(page_of(proposal)))
    decide(proposal, "agree", cast.director)
    assert [(t.version, t.replaced_at is None) for t in Target.objects.order_by("version")] == [
        (1, False),
        (2, True),
    ]


def test_the_database_refuses_the_same_waiting_twice(proposal: TargetProposal) -> None:
    with pytest.raises(IntegrityError, match="target_proposal_waits_once"), transaction.atomic():
        TargetProposal.objects.create(
            **{field: getattr(proposal, field) for field in SCOPE}, begun_at=timezone.now()
        )


@pytest.mark.parametrize(
    "columns",
    [{"state": "lost"}, {"state": "agreed"}, {"value": None}, {"end": date(2026, 9, 1)}],
    ids=["unknown state", "agreed by nobody", "no figure", "ends before it starts"],
)
def test_the_database_refuses(proposal: TargetProposal, columns: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TargetProposal.objects.filter(pk=proposal.pk).update(**columns)


def test_the_database_refuses_a_target_agreed_by_who_asked(proposal: TargetProposal, cast: Cast) -> None:
    target = set_target(**AUTUMN_DAYS, value=Decimal(1), at=timezone.now(), by=cast.director)
    found = TargetProposal.objects.filter(pk=proposal.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        found.update(state="agreed", target=target, moved_by=cast.manager)
    found.update(state="agreed", target=target, moved_by=cast.director)


def test_the_trail_names_who_and_why(proposal: TargetProposal, cast: Cast) -> None:
    decide(proposal, "return", cast.director, reason="Too little")
    decide(proposal, "withdraw", cast.manager, revision=1)
    trail = WorkflowEvent.objects.values_list("step", "source", "state", "by", "reason")
    assert list(trail) == [
        ("begin", "", "proposed", cast.manager.pk, "Two more shops"),
        ("return", "proposed", "returned", cast.director.pk, "Too little"),
        ("withdraw", "returned", "withdrawn", cast.manager.pk, ""),
    ]


def test_who_decides_is_told_and_then_who_asked(proposal: TargetProposal, cast: Cast, as_: SignIn) -> None:
    told = Notification.objects.filter(kind__startswith="target_")
    assert set(told.values_list("user", "kind")) == {
        (cast.director.pk, "target_proposed"),
        (cast.analyst.pk, "target_proposed"),
    }
    decide(proposal, "return", cast.director, reason="Too little")
    assert told.get(kind="target_decided").user == cast.manager
    shown = said(as_(cast.manager).get("/notifications/"))
    assert "answered your proposal" in shown
    assert dates.period(proposal.start, proposal.end) in shown
