"""Tell people something: once, and only those who may see what it is about."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.urls import reverse

from accounts.access import has_right
from accounts.models import User
from base.notify.kinds import Kind, visible_rows
from base.notify.models import Notification, NotificationPreferences
from base.notify.schedule import USUAL_QUIET, mail_time


def tell(
    kind: Kind,
    people: Iterable[User],
    *,
    key: str,
    at: datetime,
    about: Model | None = None,
    url: str = "",
    **values: str | int,
) -> None:
    """Tell each of the people who may know of it. The same ``key`` is never told twice to one person, nor mailed twice.

    ``url`` is where it leads if not to the kind's page. ``values`` are kept for the words of the kind; what depends on
    a language is found when it is read.
    """
    told = [person for person in people if may_be_told(kind, person, about)]
    wanted = preferences_of(told)
    subject = (
        {"content_type": ContentType.objects.get_for_model(about), "object_id": about.pk} if about else {}
    )
    url = url or reverse(kind.page, args=[about.pk] if about else [])
    Notification.objects.bulk_create(
        (
            Notification(
                user=person, key=key, kind=kind.code, values=values, url=url,
                mail_at=mail_time_of(kind, wanted.get(person.pk), at), **subject,
            )
            for person in told
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def may_be_told(kind: Kind, person: User, about: Model | None) -> bool:
    if not has_right(person, kind.right):
        return False
    return about is None or visible_rows(type(about), person).filter(pk=about.pk).exists()


def preferences_of(people: Iterable[User]) -> dict[int, NotificationPreferences]:
    """By person; who never chose is left out. One query."""
    found = NotificationPreferences.objects.filter(user__in=[person.pk for person in people])
    return {row.user_id: row for row in found}


def mail_time_of(kind: Kind, wanted: NotificationPreferences | None, at: datetime) -> datetime | None:
    if wanted is None:
        return mail_time(kind.usual, at, USUAL_QUIET)
    return mail_time(wanted.frequencies.get(kind.code, kind.usual), at, wanted.quiet())
