"""Inviting people: the link, and the e-mail that carries it; told to who grants roles what now waits for them."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from accounts.access import Right, people_with
from accounts.granting import why_not_second
from accounts.invitations import invitation_issue, invitation_token
from accounts.mails import invitation_mail, requests_wait_mail
from accounts.models import Invitation, OrganisationRequest, RoleRequest, User
from accounts.site import site_link


def invitation_url(invitation: Invitation, *, mailed: bool = False) -> str:
    return site_link(reverse("invitation_accept", args=[invitation_token(invitation, mailed=mailed)]))


def invite(*, person: User, by: User | None, at: datetime) -> bool:
    """Issue an invitation and mail it; whether a mail server took it. ValueError as ``invitation_issue``."""
    invitation = invitation_issue(person=person, by=by, at=at)
    return invitation_mail(invitation, url=invitation_url(invitation, mailed=True))


def requests_wait(asked: Sequence[RoleRequest | OrganisationRequest], *, by: User) -> bool:
    """Write one letter to each who may answer what ``by`` asked in one go; whether all were taken."""
    if not asked:
        return True
    others = [
        one for one in people_with(Right.APPROVE_ROLES) if not why_not_second(one, asker=by, concerned=())
    ]
    url = site_link(reverse("role_request_list"))
    return all([requests_wait_mail(person, count=len(asked), by=by, url=url) for person in others])
