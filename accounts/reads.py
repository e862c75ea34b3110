"""The log of reads of confidential records.

One line where a record is opened: ``log_read(request.user, person, what="person_page")``. A new kind of record adds its
code and its words to ``KINDS``, from its app's ``ready()``. Reading what is about oneself is not logged.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Channel, RecordRead, User

KINDS: dict[str, Any] = {
    "person_page": _("Page of a person"),
    "people_list": _("List of people"),
}


def log_read(
    reader: Any,
    *people: User | int,
    what: str,
    channel: Channel = Channel.PAGE,
    at: datetime | None = None,
) -> None:
    """``reader`` has read a record about each of ``people`` (or their ids). One query, none where all is one's own."""
    if what not in KINDS:
        raise ValueError(f"{what!r} is no kind of record: add it to accounts.reads.KINDS")
    about = {person.pk if isinstance(person, User) else person for person in people} - {reader.pk}
    moment = at or timezone.now()
    rows = [
        RecordRead(reader=reader, person_id=pk, what=what, channel=channel, at=moment) for pk in sorted(about)
    ]
    if rows:
        RecordRead.objects.bulk_create(rows)


def forget_reads(*, before: datetime) -> int:
    """Drop what was read before then; the number of rows. The database keeps the younger ones whatever is asked."""
    count, _by_model = RecordRead.objects.filter(at__lt=before).delete()
    return count


def kind_choices() -> Iterable[tuple[str, Any]]:
    return list(KINDS.items())
