"""The e-mails accounts sends, each in the language of the person it is for.

Each function says whether the mail server took the message: what it tells is also on a page.
"""

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import changes
from accounts.access import Right, people_with
from accounts.change_words import readings_of, title_of
from accounts.granting import why_not_answer
from accounts.models import Invitation, OrganisationRequest, RoleRequest, User
from accounts.site import site_link


def invitation_mail(invitation: Invitation, *, url: str) -> bool:
    """The link (``url``) by which the person sets their first password."""
    with translation.override(invitation.person.language):
        subject = _("Your access to Vigie")
        return _send(invitation.person, subject, "invitation", {"invitation": invitation, "url": url})


def address_changed_mail(person: User, *, old: str, by: User | None) -> bool:
    """Tell the old address that it is no longer the account's: its owner may know nothing of it."""
    with translation.override(person.language):
        context = {"by": None if by == person else by}
        return _send(person, _("Your address at Vigie was changed"), "address_changed", context, to=old)


def address_proof_mail(person: User, *, url: str) -> bool:
    """The link (``url``) by which the person confirms that this address is theirs."""
    with translation.override(person.language):
        return _send(person, _("Confirm your address"), "address_proof", {"url": url})


def role_request_mail(asked: RoleRequest, *, url: str) -> bool:
    """Tell everybody who may answer that a role waits for a second person (``url``: where to answer)."""
    others = [person for person in people_with(Right.APPROVE_ROLES) if not why_not_answer(asked, person)]
    return all([_role_request_mail_to(person, asked, url) for person in others])


def _role_request_mail_to(person: User, asked: RoleRequest, url: str) -> bool:
    with translation.override(person.language):
        subject = _("A role waits for your answer")
        return _send(person, subject, "role_request", {"asked": asked, "url": url})


def requests_wait_mail(person: User, *, count: int, by: User, url: str) -> bool:
    """Tell who may answer how many requests came at once (``url``: where to answer)."""
    with translation.override(person.language):
        context = {"count": count, "by": by, "url": url}
        return _send(person, _("Requests wait for your answer"), "requests_wait", context)


def organisation_request_mail(asked: OrganisationRequest, *, url: str) -> bool:
    """Tell everybody who may answer that a change of the organisation waits for a second person."""
    others = [
        person for person in people_with(Right.APPROVE_ROLES) if not changes.why_not_answer(asked, person)
    ]
    return all([_organisation_request_mail_to(person, asked, url) for person in others])


def _organisation_request_mail_to(person: User, asked: OrganisationRequest, url: str) -> bool:
    with translation.override(person.language):
        readings = readings_of(asked)
        context = {"asked": asked, "what": title_of(asked), "readings": readings, "url": url}
        return _send(person, _("A change waits for your answer"), "organisation_request", context)


def approver_gone_mail(person: User, *, gone: User, by: User, too_few: bool, url: str) -> bool:
    """Tell ``person`` that ``gone`` (themselves, or another) no longer grants what takes two people."""
    with translation.override(person.language):
        context = {"gone": gone, "by": by, "too_few": too_few, "url": url}
        return _send(person, _("Who grants roles has changed"), "approver_gone", context)


def sign_in_link_mail(person: User, *, token: str) -> bool:
    """The link by which a person signs in once without their password."""
    url = site_link(reverse("sign_in_link", args=[token]))
    with translation.override(person.language):
        return _send(person, _("Your link to sign in"), "sign_in_link", {"url": url})


def _send(person: User, subject: str, template: str, context: dict[str, Any], *, to: str = "") -> bool:
    text = render_to_string(f"accounts/email/{template}.txt", {"person": person, **context})
    try:
        send_mail(f"[Vigie] {subject}", text, settings.DEFAULT_FROM_EMAIL, [to or person.email])
    except (OSError, SMTPException):
        return False
    return True
