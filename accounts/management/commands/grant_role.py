"""Give a role from the command line: the way on when no second person is left to grant it."""

import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.management.commands.invite_person import send_invitation
from accounts.models import Role, User
from accounts.people import role_give

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Gives a role to somebody who has an account, and vouches for it; kept in their history."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--site", default=settings.SITE_URL, help="where people reach Vigie")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = User.objects.active().filter(email=options["email"].lower()).first()
        if person is None:
            raise CommandError(f"Nobody who may sign in has the address {options['email']}.")
        role_give(person=person, role=options["role"], at=timezone.now())
        logger.log(logging.WARNING, "the operator gave the role %s to %s", options["role"], person.email)
        person = User.objects.get(pk=person.pk)
        if not person.has_usable_password():
            self.stdout.write(send_invitation(person, site=options["site"]))
