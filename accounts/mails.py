"""The e-mails accounts sends, each in the language of the person it is for.

Each function says whether the mail server took the message: what it tells is also on a page.
"""

from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.access import Right, people_with
from accounts.models import Invitation, RoleRequest, User


def invitation_mail(invitation: Invitation, *, url: str) -> bool:
    """The link (``url``) by which the person sets their first password."""
    with translation.override(invitation.person.language):
        subject = _("Your access to Vigie")
        return _send(invitation.person, subject, "invitation", {"invitation": invitation, "url": url})


def role_request_mail(asked: RoleRequest, *, url: str) -> bool:
    """Tell everybody who may answer that a role waits for a second person (``url``: where to answer)."""
    others = people_with(Right.APPROVE_ROLES).exclude(pk__in=[asked.requested_by_id, asked.person_id])
    return all([_role_request_mail_to(person, asked, url) for person in others])


def _role_request_mail_to(person: User, asked: RoleRequest, url: str) -> bool:
    with translation.override(person.language):
        subject = _("A role waits for your answer")
        return _send(person, subject, "role_request", {"asked": asked, "url": url})


def _send(person: User, subject: str, template: str, context: dict[str, Any]) -> bool:
    text = render_to_string(f"accounts/email/{template}.txt", {"person": person, **context})
    try:
        send_mail(f"[Vigie] {subject}", text, settings.DEFAULT_FROM_EMAIL, [person.email])
    except (OSError, SMTPException):
        return False
    return True
