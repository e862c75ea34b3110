"""Invite a person from the command line: the way back in when nobody can sign in."""

import logging
from typing import Any

import pghistory
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from accounts.forms import PersonForm
from accounts.invitations import invitation_issue, invitation_token
from accounts.mails import invitation_mail
from accounts.models import Language, Role, User
from accounts.people import person_add

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Adds a person, sends them an invitation and prints its link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", choices=Role.values, default=Role.NONE)
        parser.add_argument("--language", choices=Language.values, default=Language.FRENCH)
        parser.add_argument("--site", default=settings.SITE_URL, help="where people reach Vigie")

    def handle(self, *_args: Any, **options: Any) -> None:
        form = PersonForm(
            {
                "email": options["email"],
                "full_name": options["name"],
                "role": options["role"],
                "language": options["language"],
            }
        )
        if not form.is_valid():
            raise CommandError(" ".join(str(error) for errors in form.errors.values() for error in errors))
        with pghistory.context(note="command"):
            person = person_add(details=form.details(), by=None, at=timezone.now())
        logger.log(logging.WARNING, "the operator invited %s as %s", person.email, person.role)
        self.stdout.write(send_invitation(person, site=options["site"]))


def send_invitation(person: User, *, site: str) -> str:
    """Mail the link, and answer it: the operator may hand it over, and vouches then for whom it is given to."""
    invitation = invitation_issue(person=person, by=None, at=timezone.now())
    token = invitation_token(invitation, mailed=True)
    url = site.rstrip("/") + reverse("invitation_accept", args=[token])
    invitation_mail(invitation, url=url)
    return url
