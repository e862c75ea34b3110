"""Any order of what one administrator can do: no role that opens records without a second person shown that address.

The administrator holds two mailboxes beside their own, and every account reached through them. The director and a
colleague who is administrator too are honest: they grant what is shown to be of the company's domain, and refuse the
rest. So is the operator. Each example begins half-way to something, because a walk of a few steps from the start seldom
comes far.
"""

import contextlib
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.access import Right, has_right
from accounts.changes import make_or_ask, organisation_request_decide
from accounts.changes import why_not_answer as why_not_answer_change
from accounts.director_too import director_too_give_up, director_too_take
from accounts.granting import (
    hands_in,
    is_the_only_account,
    request_withdraw,
    role_request_decide,
    why_not_answer,
)
from accounts.invitations import (
    address_prove,
    address_token,
    invitation_accept,
    invitation_issue,
    invitation_of,
    invitation_token,
    proves_address,
)
from accounts.models import (
    AccessAct,
    Invitation,
    OrganisationRequest,
    ReportingLine,
    Role,
    RoleRequest,
    State,
    User,
)
from accounts.organisation import manager_name
from accounts.people import PersonDetails, person_add, person_change, person_close, person_reopen, role_give
from accounts.readers import reading_pairs
from accounts.relations import managers_of
from accounts.stand_ins import stand_in_set

MINE = ("one@evil.example", "two@evil.example")
THEIRS = ("nadia@martel.example",)
TAKE_TWO = ("hr", "director", "manager", "top_management", "administrator")  # by hand: the code's is tested
ROLES = (Role.HR, Role.MANAGER, Role.ADMINISTRATOR, Role.DIRECTOR, Role.MEMBER)
PASSWORDS = {"boss": "mine-alone-42", "owner": "of-its-owner-42"}
HALF_WAYS = (
    "nowhere", "invited", "moved", "sitting", "named", "accomplice", "holding", "back", "older", "colleagues",
    "demoted", "moved_on", "standing_in", "appointed", "left",
)  # fmt: skip
DAY = timedelta(days=1)
EXAMPLES = 6  # of each

people = st.integers(0, 4)
roles = st.sampled_from(ROLES)
addresses = st.sampled_from(MINE + THEIRS)


class OneAdministrator(RuleBasedStateMachine):
    """``hands``: the accounts the administrator can sign in to. Each is checked against what the honest granted.

    ``made`` keeps, beside the code's own trace, who acted alone on whose account since it was last vouched for.
    """

    half_way = "nowhere"

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize(director=st.booleans(), role=roles)
    def a_company(self, director: bool, role: Role) -> None:
        self.granted: set[tuple[int, str, str]] = set()
        self.links: list[str] = []
        self.issued: dict[str, tuple[int, str, int]] = {}  # token → account, address, generation of sessions
        self.held: dict[int, str] = {}  # the role that takes two, of each closed account
        self.made: dict[int, set[int]] = {}
        self.started: set[int] = set()  # whose role is of the first start, as long as they keep it
        self.known_to_two: set[int] = set()  # who was of the first start, or was ever vouched for
        self.opened: set[tuple[int, int]] = set()  # (reader, person) that the honest granted
        self.honest: list[int] = []
        self.colleague: User | None = None
        self.boss = self.known("boss@martel.example", Role.ADMINISTRATOR)
        self.hands = {self.boss.pk}
        if (
            director or self.half_way in ("back", "demoted", "standing_in")
        ) and self.half_way != "accomplice":
            self.honest.append(self.known("claire@martel.example", Role.DIRECTOR).pk)
        getattr(self, self.half_way)(role)

    def nowhere(self, _role: Role) -> None:
        """The first day."""

    def invited(self, role: Role) -> None:
        """Somebody of the company waits for an invitation and a role."""
        self.add(self.boss, THEIRS[0], role)

    def moved(self, role: Role) -> None:
        """Another address since."""
        self.invited(role)
        self.edit_one(self.boss, self.nth(-1), None, MINE[0])

    def sitting(self, _role: Role) -> None:
        """The administrator sits in an account of somebody who has not come yet, by the link that pages show."""
        self.add(self.boss, THEIRS[0], Role.MEMBER)
        self.follow(-1)

    def named(self, role: Role) -> None:
        """A second account of the administrator's own, with what it is given at once."""
        self.add(self.boss, MINE[0], role)
        self.follow(-1)

    def accomplice(self, role: Role) -> None:
        """A second administrator, named while alone, and a third who waits for a role: all three are in one hand."""
        for email, wanted in zip(MINE, (Role.ADMINISTRATOR, role), strict=True):
            self.add(self.boss, email, wanted)
            self.follow(-1)

    def holding(self, role: Role) -> None:
        """Somebody of the company has come, and holds what the director grants."""
        self.add(self.boss, THEIRS[0], role)
        self.owner_accepts(self.nth(-1))
        self.the_honest_answer()

    def back(self, role: Role) -> None:
        """They left and came back; members only left."""
        self.holding(role)
        self.close_one(self.nth(-1), self.boss)
        if role != Role.MEMBER:
            self.reopen_one(self.nth(-1), self.boss)

    def left(self, role: Role) -> None:
        """Whoever else there was is closed."""
        self.named(role)
        self.close_one(self.nth(-1), self.boss)

    def older(self, role: Role) -> None:
        """An instance of before roles took two: one of the administrator's made the other (kept by a migration)."""
        by = self.boss
        for email in MINE:
            person = self.known(email, Role.ADMINISTRATOR)
            AccessAct.objects.filter(person=person).delete()
            AccessAct.objects.create(person=person, by=by, kind=AccessAct.Kind.ADDED, at=timezone.now())
            self.made[person.pk] = {by.pk}
            self.hands.add(person.pk)
            by = person
        self.add(self.boss, THEIRS[0], role)

    def colleagues(self, role: Role) -> None:
        """An honest administrator beside the first one, and somebody who has come and waits for a role."""
        self.colleague = self.known("karl@martel.example", Role.ADMINISTRATOR)
        self.honest.append(self.colleague.pk)
        self.add(self.boss, THEIRS[0], role)
        self.owner_accepts(self.nth(-1))

    def demoted(self, role: Role) -> None:
        """Whoever asked lost the right to since."""
        self.colleagues(role)
        self.edit_one(self.colleague, self.boss, Role.MEMBER, None)
        self.the_honest_answer()

    def moved_on(self, _role: Role) -> None:
        """The first administrator is a member now, and another one gave that account another address."""
        self.colleagues(Role.MEMBER)
        self.vouch(self.boss, Role.MEMBER)
        self.edit_one(self.colleague, User.objects.get(pk=self.boss.pk), None, "old@martel.example")

    def appointed(self, _role: Role) -> None:
        """A manager is asked for, and has another address since."""
        for email in (THEIRS[0], MINE[0]):
            self.add(self.boss, email, Role.MEMBER)
        self.ask_for_a_manager(self.nth(-2), self.nth(-1), self.boss)
        self.edit_one(self.boss, self.nth(-1), None, MINE[1])

    def standing_in(self, role: Role) -> None:
        """Somebody whose own role grants nothing stands in for the director, and for the one who waits for a role."""
        director = User.objects.get(pk=self.honest[0])
        away = self.known("mia@martel.example", Role.MANAGER)
        other = self.known(THEIRS[0], Role.MEMBER)
        today = timezone.localdate()
        ReportingLine.objects.create(person=away, manager=director, start=today)
        self.opened.add((director.pk, away.pk))
        for person in (director, away):
            self.stand_in_for(person, other, person, today)
        self.stand_in_for(away, director, director, today + DAY)  # who names oneself is refused
        self.edit_one(self.boss, away, role if role != Role.MEMBER else Role.HR, None)
        self.ask_for_a_manager(other, director, self.boss)

    def known(self, email: str, role: Role) -> User:
        """Somebody of the first start."""
        person = person_add(
            details=PersonDetails(email, email, role, None, None, "en"), by=None, at=timezone.now()
        )
        person.set_password("known-from-the-start")
        person.address_proven_at = timezone.now()
        person.save()
        self.made[person.pk] = set()
        self.started.add(person.pk)
        self.known_to_two.add(person.pk)
        return person

    def nth(self, n: int) -> User:
        found = list(User.objects.get_queryset().order_by("pk"))
        return found[n % len(found)]

    def actor(self, n: int) -> User | None:
        """The nth of the accounts in hand that may manage people."""
        found = [
            p for p in User.objects.active().filter(pk__in=self.hands) if has_right(p, Right.MANAGE_PEOPLE)
        ]
        return found[n % len(found)] if found else None

    def tried(self, change: Any, **arguments: Any) -> None:
        with contextlib.suppress(ValidationError, ValueError):
            change(**arguments, at=timezone.now())

    @rule(by=people, email=addresses, role=roles, follow=st.booleans())
    def invite(self, by: int, email: str, role: Role, follow: bool) -> None:
        if actor := self.actor(by):
            self.add(actor, email, role)
            if follow:
                self.follow(-1)

    def add(self, actor: User, email: str, role: Role) -> None:
        if not User.objects.get_queryset().filter(email=email).exists():
            details = PersonDetails(email, email, role, None, None, "en")
            person = person_add(details=details, by=actor, at=timezone.now())
            self.made[person.pk] = {actor.pk}
            self.links.append(self.sent(person, actor))

    @rule(by=people, who=people)
    def invite_again(self, by: int, who: int) -> None:
        actor = self.actor(by)
        if actor:
            with contextlib.suppress(ValueError):
                self.links.append(self.sent(self.nth(who), actor))

    def sent(self, person: User, actor: User) -> str:
        """The link the administrator sees: the mailed one in their own mailboxes, else what the page shows."""
        invitation = invitation_issue(person=person, by=actor, at=timezone.now())
        person = User.objects.get(pk=person.pk)
        for mailed in (True, False):
            token = invitation_token(invitation, mailed=mailed)
            self.issued[token] = (person.pk, person.email, person.session_generation)
        waits = RoleRequest.objects.pending().filter(person=person).exists()
        if person.email in MINE:
            return invitation_token(invitation, mailed=True)
        return "" if waits or person.role in TAKE_TWO else invitation_token(invitation)

    @rule(n=people)
    def follow_a_link(self, n: int) -> None:
        self.follow(n)

    def follow(self, n: int) -> None:
        token = self.links[n % len(self.links)] if self.links else ""
        invitation = invitation_of(token, at=timezone.now())
        if invitation is None:
            return
        assert not invitation.person.has_usable_password(), "a link opens an account that somebody has"
        proven = proves_address(token)
        accepted = invitation_accept(
            invitation=invitation, password=PASSWORDS["boss"], at=timezone.now(), proven=proven
        )
        assert accepted is not None
        self.hands.add(accepted.pk)

    @rule(who=people, way=st.sampled_from(("owner_accepts", "owner_resets", "confirm", "reset")))
    def by_mail(self, who: int, way: str) -> None:
        getattr(self, way)(self.nth(who))

    def owner_accepts(self, person: User) -> None:
        """The mail reached somebody honest, who takes their account by it."""
        invitation = Invitation.objects.filter(person=person).select_related("person").first()
        if invitation is not None and invitation.email in THEIRS and invitation.is_open(at=timezone.now()):
            invitation_accept(
                invitation=invitation, password=PASSWORDS["owner"], at=timezone.now(), proven=True
            )

    def confirm(self, person: User) -> None:
        if person.pk in self.hands and person.email in MINE:
            address_prove(token=address_token(person), by=person, at=timezone.now())

    def reset(self, person: User) -> None:
        if person.email in MINE and person.is_active:
            self.take_by_mail(person, "boss")
            self.hands.add(person.pk)

    def owner_resets(self, person: User) -> None:
        """Somebody honest takes their account back by a reset, from whoever sat in it."""
        if person.email in THEIRS and person.is_active:
            self.take_by_mail(person, "owner")
            self.hands.discard(person.pk)

    def take_by_mail(self, person: User, who: str) -> None:
        person.set_password(PASSWORDS[who])
        person.address_proven_at = timezone.now()
        person.save()

    @rule(by=people, who=people, role=roles, email=st.none() | addresses)
    def edit(self, by: int, who: int, role: Role, email: str | None) -> None:
        self.edit_one(self.actor(by), self.nth(who), role, email)

    @rule(by=people, who=people, email=addresses)
    def move(self, by: int, who: int, email: str) -> None:
        """Another address, and nothing else."""
        self.edit_one(self.actor(by), self.nth(who), None, email)

    def edit_one(self, actor: User | None, person: User, role: str | None, email: str | None) -> None:
        taken = User.objects.get_queryset().filter(email=email).exclude(pk=person.pk).exists()
        if actor and not taken:
            wanted = (email or person.email, person.full_name, role or person.role)
            details = PersonDetails(*wanted, None, None, "en", reports_to=person.reports_to)
            self.tried(person_change, person=person, details=details, by=actor)
            self.acted(actor, person)

    def acted(self, actor: User, before: User) -> None:
        """Keep it where something changed that decides who holds the account."""
        now = User.objects.get(pk=before.pk)
        let_in = now.is_active and not before.is_active
        if now != actor and (let_in or (now.email, now.role) != (before.email, before.role)):
            self.made[now.pk].add(actor.pk)

    @rule(by=people, who=people, close=st.booleans(), reopen=st.booleans())
    def access(self, by: int, who: int, close: bool, reopen: bool) -> None:
        if close and (actor := self.actor(by)):
            self.close_one(self.nth(who), actor)
        if reopen and (actor := self.actor(by)):
            self.reopen_one(self.nth(who), actor)

    def close_one(self, person: User, actor: User) -> None:
        self.tried(person_close, person=person, by=actor)
        self.forget_what_was_lost()

    def reopen_one(self, person: User, actor: User) -> None:
        if not person.is_active:
            self.tried(person_reopen, person=person, by=actor)
            self.acted(actor, person)

    @rule(who=people, way=st.sampled_from(("demote", "move", "close", "reopen")))
    def the_colleague_acts(self, who: int, way: str) -> None:
        """Honest, and an administrator like any other: takes away, and lets in again."""
        if self.colleague is None or not has_right(
            by := User.objects.get(pk=self.colleague.pk), Right.MANAGE_PEOPLE
        ):
            return
        person = self.nth(who)
        if way == "close":
            self.close_one(person, by)
        elif way == "reopen":
            self.reopen_one(person, by)
        elif way == "move":
            self.edit_one(by, person, None, f"new-{person.pk}@martel.example")
        else:
            self.edit_one(by, person, Role.MEMBER, None)

    @rule(who=people, role=roles)
    def the_operator(self, who: int, role: Role) -> None:
        """Vouches for people of the company; whoever sits in an account without its mailbox is put out."""
        if self.nth(who).email.endswith("@martel.example"):
            self.vouch(self.nth(who), role)

    def vouch(self, person: User, role: Role) -> None:
        with contextlib.suppress(ValidationError):
            role_give(person=person, role=role, at=timezone.now())
            self.made[person.pk] = set()
            self.known_to_two.add(person.pk)
            self.granted.add((person.pk, person.email, role))
            if person.address_proven_at is None:
                self.hands.discard(person.pk)

    @rule(
        away=people,
        stand_in=people,
        by=st.sampled_from(("away", "manager", "hand")),
        n=people,
        later=st.booleans(),
    )
    def name_a_stand_in(self, away: int, stand_in: int, by: str, n: int, later: bool) -> None:
        """Whoever is away does, or their manager; never anybody for themselves."""
        person, other, day = self.nth(away), self.nth(stand_in), timezone.localdate() + later * DAY
        manager = managers_of([person], as_of=timezone.localdate()).get(person.pk)
        names = {"away": person.pk, "manager": manager, "hand": sorted(self.hands)[n % len(self.hands)]}[by]
        actor = User.objects.active().filter(pk=names or 0).first()
        if actor is not None:
            self.stand_in_for(person, other, actor, day)

    def stand_in_for(self, person: User, other: User, actor: User, day: date) -> None:
        today = timezone.localdate()
        with contextlib.suppress(ValidationError):
            stand_in_set(
                person=person, stand_in=other, start=day, end=day, reason="", by=actor, today=today
            )  # fmt: skip
            manager = managers_of([person], as_of=today).get(person.pk)
            assert actor.pk in (person.pk, manager), "somebody else names a stand-in"
            assert actor != other, "somebody makes themselves a stand-in"

    @rule(by=people, who=people, manager=people)
    def name_a_manager(self, by: int, who: int, manager: int) -> None:
        person, reader = self.nth(who), self.nth(manager)
        if (actor := self.actor(by)) and person != reader:
            self.ask_for_a_manager(person, reader, actor)

    def ask_for_a_manager(self, person: User, reader: User, actor: User) -> None:
        ask = partial(make_or_ask, manager_name)
        self.tried(ask, person=person, manager=reader, start=timezone.localdate(), by=actor)

    @rule(by=people, take=st.booleans())
    def be_director_too(self, by: int, take: bool) -> None:
        if not (actor := self.actor(by)):
            return
        if not take:
            director_too_give_up(person=actor, at=timezone.now())
            return
        with contextlib.suppress(ValidationError):
            director_too_take(person=actor)
            assert User.objects.get_queryset().count() == 1, "an administrator in company is director too"

    @rule(answer=st.sampled_from(("grant", "refuse", "withdraw")))
    def answer_with_the_accounts_in_hand(self, answer: str) -> None:
        self.hands_answer(answer)

    def hands_answer(self, answer: str) -> None:
        for person in User.objects.active().filter(pk__in=self.hands):
            for asked in RoleRequest.objects.pending():
                if answer == "withdraw":
                    self.tried(request_withdraw, request=asked, by=person)
                else:
                    self.decide(asked, person, grant=answer == "grant")
            for change in OrganisationRequest.objects.pending():
                if answer == "withdraw":
                    self.tried(request_withdraw, request=change, by=person)
                else:
                    self.tried(
                        organisation_request_decide, request=change, grant=answer == "grant", by=person
                    )

    def decide(self, asked: RoleRequest, by: User, *, grant: bool) -> bool:
        """Whether it was granted by that."""
        self.tried(role_request_decide, request=asked, grant=grant, by=by)
        asker = User.objects.get(pk=asked.requested_by_id)
        asked.refresh_from_db()
        if asked.state != State.GRANTED:
            return False
        self.made[asked.person_id] = set()
        assert has_right(asker, Right.MANAGE_PEOPLE), "granted what somebody asked who may no longer ask"
        assert asker.address_proven_at, "granted what somebody asked who never confirmed their address"
        return True

    @rule()
    def the_honest_answer(self) -> None:
        """Grant what is shown to be of the company, refuse what is of another domain."""
        for by in User.objects.active().filter(pk__in=self.honest):
            for asked in RoleRequest.objects.pending().select_related("person"):
                if self.decide(asked, by, grant=asked.email.endswith("@martel.example")):
                    self.granted.add((asked.person_id, asked.email, asked.role))
            for change in OrganisationRequest.objects.pending():
                shown = all(opened["email"].endswith("@martel.example") for opened in change.opens)
                self.tried(organisation_request_decide, request=change, grant=shown, by=by)
                change.refresh_from_db()
                if change.state == State.GRANTED:
                    self.opened |= change.pairs()

    @rule(by=people, who=people, role=roles)
    def ask(self, by: int, who: int, role: Role) -> None:
        """A role asked for, and answered at once, by whoever can."""
        self.edit_one(self.actor(by), self.nth(who), role, None)
        self.hands_answer("grant")
        self.the_honest_answer()

    @invariant()
    def what_opens_records_was_granted_to_that_address(self) -> None:
        self.forget_what_was_lost()
        for person in User.objects.active().filter(role__in=TAKE_TWO):
            alone = person.role in (Role.DIRECTOR, Role.ADMINISTRATOR) and not self.honest
            if person.pk not in self.started and not alone:
                assert (person.pk, person.email, person.role) in self.granted
                assert person.pk == self.boss.pk or person.pk not in self.hands

    def forget_what_was_lost(self) -> None:
        """It is granted anew, or not held."""
        held = set(User.objects.active().values_list("pk", "email", "role"))
        self.granted &= held
        self.started &= {pk for pk, _email, role in held if role in TAKE_TWO}

    @invariant()
    def a_link_opens_only_the_account_it_was_sent_to_as_it_was(self) -> None:
        """An address, a password or an access changed since, whoever did it, closes every link that was on its way."""
        people = User.objects.get_queryset().in_bulk()
        for token, (pk, *as_sent) in self.issued.items():
            person = people[pk]
            opens = person.is_active and not person.has_usable_password()
            if not opens or [person.email, person.session_generation] != as_sent:
                assert invitation_of(token, at=timezone.now()) is None, "a link outlives what it was sent for"

    @invariant()
    def alone_is_who_never_had_company(self) -> None:
        """Accounts that are closed, waiting or without a role are company all the same."""
        assert is_the_only_account(self.boss) == (User.objects.get_queryset().count() == 1)

    @invariant()
    def who_comes_back_comes_back_without_what_takes_two(self) -> None:
        """A role that was held when the access was closed is asked for anew."""
        for person in User.objects.get_queryset().filter(pk__in=self.held):
            if person.is_active:
                assert (person.pk, person.email, person.role) in self.granted or person.role not in TAKE_TWO
                del self.held[person.pk]
        for person in User.objects.get_queryset().filter(is_active=False, role__in=TAKE_TWO):
            self.held[person.pk] = person.role

    @invariant()
    def nobody_in_one_hand_is_a_second_person(self) -> None:
        """Whoever was invited, moved, given a role or let in again by the asker alone grants nothing of theirs."""
        for asked in RoleRequest.objects.pending().select_related("person", "requested_by"):
            for person in User.objects.active():
                if asked.requested_by_id in self.hands and person.pk in self.hands:
                    assert why_not_answer(asked, person), "an account of the asker's own may answer"
                if person.pk == asked.person_id or person.role not in (Role.DIRECTOR, Role.ADMINISTRATOR):
                    assert why_not_answer(asked, person), "somebody answers who is concerned, or no approver"
                if person.address_proven_at is None:
                    assert why_not_answer(asked, person), "somebody answers whose address nobody knows"

    @invariant()
    def who_reads_whom_was_granted(self) -> None:
        """A manager named alone reads nothing, and nobody answers what they would read or asked."""
        today = timezone.localdate()
        assert reading_pairs(managers_of(as_of=today), today) <= self.opened
        for change in OrganisationRequest.objects.pending().select_related("requested_by"):
            readers = User.objects.get_queryset().in_bulk([opened["reader"] for opened in change.opens])
            assert change.requested_by_id not in readers, "somebody asked to read"
            for opened in change.opens:
                reader = readers[opened["reader"]]
                assert reader.email == opened["email"], "a reader is shown as of before"
                assert why_not_answer_change(change, reader), "a reader answers"

    @invariant()
    def whose_hand_it_was_is_kept(self) -> None:
        """Each act on another's account leaves its trace until somebody vouches for it, however many are between."""
        alone = AccessAct.objects.alone().values_list("person_id", "by_id")
        assert set(alone) == {(person, by) for person, makers in self.made.items() for by in makers}
        for person, makers in self.made.items():
            behind = self.behind(person)
            if behind - makers - {person}:
                assert hands_in(User.objects.get(pk=person)) == behind, "who is behind is not followed"

    def behind(self, person: int) -> set[int]:
        found: set[int] = set()
        ahead = {person}
        while ahead:
            found |= ahead
            ahead = {by for one in ahead for by in self.made[one]} - found
        return found

    @invariant()
    def what_waits_is_shown_as_it_is(self) -> None:
        for asked in RoleRequest.objects.pending().select_related("person"):
            assert asked.email == asked.person.email, "the second person is shown an address of before"
            assert asked.person.is_active

    @invariant()
    def at_most_one_was_named_alone(self) -> None:
        if not self.honest:
            held = User.objects.get_queryset().filter(role__in=TAKE_TWO).exclude(pk__in=self.known_to_two)
            assert held.count() <= 1
            assert not held.exclude(role__in=(Role.DIRECTOR, Role.ADMINISTRATOR)).exists()


@pytest.mark.parametrize("half_way", HALF_WAYS)
def test_any_order(db: None, half_way: str) -> None:
    run_state_machine_as_test(
        type(half_way, (OneAdministrator,), {"half_way": half_way}),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=8,
            deadline=None,
            derandomize=True,  # what was once seen to find a breakage finds it again
            suppress_health_check=list(HealthCheck),
        ),
    )
