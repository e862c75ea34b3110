"""Any order of what one administrator can do: no role that opens records without a second person shown that address.

The administrator holds two mailboxes beside their own, and every account reached through them. The director is honest:
they grant what is shown to be of the company's domain, and refuse the rest.
"""

import contextlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.access import ROLES_TAKING_TWO, Right, has_right
from accounts.granting import role_request_decide, role_request_withdraw
from accounts.invitations import (
    address_prove,
    address_token,
    invitation_accept,
    invitation_issue,
    invitation_of,
    invitation_token,
    proves_address,
)
from accounts.models import Invitation, Role, RoleRequest, User
from accounts.people import PersonDetails, person_add, person_change, person_close, person_reopen

MINE = ("one@evil.example", "two@evil.example")
THEIRS = ("nadia@martel.example", "paul@martel.example")
ROLES = (Role.NONE, Role.MEMBER, Role.ANALYST, Role.HR, Role.DIRECTOR, Role.MANAGER, Role.ADMINISTRATOR)
PASSWORDS = {"boss": "mine-alone-42", "owner": "of-its-owner-42"}

people = st.integers(0, 5)
roles = st.sampled_from(ROLES)
addresses = st.sampled_from(MINE + THEIRS)


class OneAdministrator(RuleBasedStateMachine):
    """``hands``: the accounts the administrator can sign in to. Each is checked against what the director granted."""

    def __init__(self) -> None:
        super().__init__()
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    @initialize(director=st.booleans())
    def a_company(self, director: bool) -> None:
        self.granted: set[tuple[int, str, str]] = set()
        self.links: list[str] = []
        self.boss = self.known("boss@martel.example", Role.ADMINISTRATOR)
        self.hands = {self.boss.pk}
        self.director = self.known("claire@martel.example", Role.DIRECTOR) if director else None

    def known(self, email: str, role: Role) -> User:
        """Somebody of the first start."""
        person = person_add(
            details=PersonDetails(email, email, role, None, None, "en"), by=None, at=timezone.now()
        )
        person.set_password("known-from-the-start")
        person.address_proven_at = timezone.now()
        person.save()
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

    @rule(by=people, email=addresses, role=roles)
    def invite(self, by: int, email: str, role: Role) -> None:
        actor = self.actor(by)
        if actor and not User.objects.get_queryset().filter(email=email).exists():
            details = PersonDetails(email, email, role, None, None, "en")
            self.links.append(self.sent(person_add(details=details, by=actor, at=timezone.now()), actor))

    @rule(by=people, who=people)
    def invite_again(self, by: int, who: int) -> None:
        actor = self.actor(by)
        if actor:
            with contextlib.suppress(ValueError):
                self.links.append(self.sent(self.nth(who), actor))

    def sent(self, person: User, actor: User) -> str:
        """The link the administrator sees: the mailed one in their own mailboxes, else what the page shows."""
        invitation = invitation_issue(person=person, by=actor, at=timezone.now())
        waits = RoleRequest.objects.pending().filter(person=person).exists()
        if person.email in MINE:
            return invitation_token(invitation, mailed=True)
        return "" if waits or person.role in ROLES_TAKING_TWO else invitation_token(invitation)

    @rule(n=people)
    def follow_a_link(self, n: int) -> None:
        token = self.links[n % len(self.links)] if self.links else ""
        invitation = invitation_of(token, at=timezone.now())
        if invitation is not None:
            accepted = invitation_accept(
                invitation=invitation,
                password=PASSWORDS["boss"],
                at=timezone.now(),
                proven=proves_address(token),
            )
            assert accepted is not None
            self.hands.add(accepted.pk)

    @rule(who=people)
    def an_owner_accepts(self, who: int) -> None:
        """The mail reached somebody honest, who takes their account by it."""
        invitation = Invitation.objects.filter(person=self.nth(who)).select_related("person").first()
        if invitation is not None and invitation.email in THEIRS and invitation.is_open(at=timezone.now()):
            invitation_accept(
                invitation=invitation, password=PASSWORDS["owner"], at=timezone.now(), proven=True
            )

    @rule(who=people)
    def confirm_in_my_mailbox(self, who: int) -> None:
        person = self.nth(who)
        if person.pk in self.hands and person.email in MINE:
            address_prove(token=address_token(person), by=person, at=timezone.now())

    @rule(who=people)
    def reset_in_my_mailbox(self, who: int) -> None:
        person = self.nth(who)
        if person.email in MINE and person.is_active:
            self.take_by_mail(person, "boss")
            self.hands.add(person.pk)

    @rule(who=people)
    def an_owner_resets(self, who: int) -> None:
        """Somebody honest takes their account back by a reset, from whoever sat in it."""
        person = self.nth(who)
        if person.email in THEIRS and person.is_active:
            self.take_by_mail(person, "owner")
            self.hands.discard(person.pk)

    def take_by_mail(self, person: User, who: str) -> None:
        person.set_password(PASSWORDS[who])
        person.address_proven_at = timezone.now()
        person.save()

    @rule(by=people, who=people, role=roles, email=st.none() | addresses)
    def edit(self, by: int, who: int, role: Role, email: str | None) -> None:
        actor, person = self.actor(by), self.nth(who)
        taken = User.objects.get_queryset().filter(email=email).exclude(pk=person.pk).exists()
        if actor and not taken:
            details = PersonDetails(email or person.email, person.full_name, role, None, None, "en")
            self.tried(person_change, person=person, details=details, by=actor)

    @rule(by=people, who=people)
    def close(self, by: int, who: int) -> None:
        if actor := self.actor(by):
            self.tried(person_close, person=self.nth(who), by=actor)

    @rule(by=people, who=people)
    def reopen(self, by: int, who: int) -> None:
        if (actor := self.actor(by)) and not self.nth(who).is_active:
            self.tried(person_reopen, person=self.nth(who), by=actor)

    @rule(who=people, grant=st.booleans())
    def answer_with_an_account_in_hand(self, who: int, grant: bool) -> None:
        person = self.nth(who)
        for asked in RoleRequest.objects.pending():
            if person.pk in self.hands and person.is_active:
                self.tried(role_request_decide, request=asked, grant=grant, by=person)

    @rule(who=people)
    def withdraw(self, who: int) -> None:
        for asked in RoleRequest.objects.pending():
            self.tried(role_request_withdraw, request=asked, by=self.nth(who))

    @precondition(lambda self: self.director is not None)
    @rule()
    def the_director_answers(self) -> None:
        """Grants what is shown to be of the company, refuses what is of another domain."""
        assert self.director is not None
        director = User.objects.get(pk=self.director.pk)
        for asked in RoleRequest.objects.pending().select_related("person"):
            honest = asked.email.endswith("@martel.example")
            with contextlib.suppress(ValidationError):
                role_request_decide(request=asked, grant=honest, by=director, at=timezone.now())
                if honest:
                    self.granted.add((asked.person_id, asked.email, asked.role))

    @invariant()
    def what_opens_records_was_granted_to_that_address(self) -> None:
        started = {self.boss.pk, self.director.pk if self.director else 0}
        for person in User.objects.active().filter(role__in=ROLES_TAKING_TWO).exclude(pk__in=started):
            alone = person.role in (Role.DIRECTOR, Role.ADMINISTRATOR) and self.director is None
            assert alone or (person.pk, person.email, person.role) in self.granted
            assert alone or person.pk not in self.hands
        held = set(User.objects.active().values_list("pk", "email", "role"))
        self.granted &= held  # what was lost is granted anew or not held

    @invariant()
    def at_most_one_was_named_alone(self) -> None:
        if self.director is None:
            held = User.objects.get_queryset().filter(role__in=ROLES_TAKING_TWO).exclude(pk=self.boss.pk)
            assert held.count() <= 1
            assert not held.exclude(role__in=(Role.DIRECTOR, Role.ADMINISTRATOR)).exists()


def test_any_order(db: None) -> None:
    run_state_machine_as_test(
        OneAdministrator,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
