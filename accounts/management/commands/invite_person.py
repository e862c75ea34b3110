"""Invite a person from the command line: the way back in when nobody can sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from accounts.forms import PersonForm
from accounts.invitations import invitation_issue, invitation_token
from accounts.mails import invitation_mail
from accounts.models import Language, Role
from accounts.people import person_add


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
        now = timezone.now()
        person = person_add(details=form.details(), by=None, at=now)
        invitation = invitation_issue(person=person, by=None, at=now)
        url = options["site"].rstrip("/") + reverse("invitation_accept", args=[invitation_token(invitation)])
        invitation_mail(invitation, url=url)
        self.stdout.write(url)
