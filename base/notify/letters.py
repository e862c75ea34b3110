"""Letters of what people were told: gathered when due, each sent by whichever worker claims its row.

A worker that dies at it frees the row by dying, and the letter is sent again under the same Message-ID.
"""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.utils import DNS_NAME
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import get_random_string
from django.utils.translation import ngettext

from accounts.models import User
from accounts.site import site_link
from base.notify.models import Letter, LetterState, Notification

MOST_ATTEMPTS = 12  # with ``_pause`` between them, about two days
logger = logging.getLogger(__name__)


def gather(now: datetime) -> None:
    """Put what is due into letters, one for each person."""
    due = Notification.objects.filter(mail_at__lte=now).order_by()
    for pk in due.values_list("user", flat=True).distinct():
        with transaction.atomic():
            theirs = due.filter(user=pk).select_for_update(skip_locked=True)
            notes = list(theirs.values_list("pk", flat=True))
            if not notes:
                continue
            unique = f"<{get_random_string(24)}@{DNS_NAME}>"
            letter = Letter.objects.create(user_id=pk, message_id=unique, try_at=now)
            Notification.objects.filter(pk__in=notes).update(letter=letter, mail_at=None)


def waiting(now: datetime) -> list[int]:
    """The letters to be sent, or sent again, by now."""
    found = Letter.objects.filter(state=LetterState.WAITING, try_at__lte=now)
    return list(found.values_list("pk", flat=True))


@transaction.atomic
def send(pk: int, now: datetime) -> None:
    """Send one letter if nobody else is at it: what its reader has not read yet, and may see now."""
    found = Letter.objects.filter(pk=pk, state=LetterState.WAITING, try_at__lte=now)
    letter = found.select_for_update(skip_locked=True, of=("self",)).select_related("user").first()
    if letter is None:
        return None
    user, notes = letter.user, _unread_of(letter)
    if not notes or not user.is_active or user.address_proven_at is None:
        return _end(letter, LetterState.DROPPED, now)
    try:
        _message(letter, user, notes).send()
    except SMTPRecipientsRefused as refused:
        logger.warning(
            "letter_refused", extra={"letter": pk, "codes": [c for c, _ in refused.recipients.values()]}
        )
        is_final = all(code >= 500 for code, _said in refused.recipients.values())
        return _end(letter, LetterState.FAILED, now) if is_final else _try_later(letter, now)
    except (OSError, SMTPException) as error:
        logger.warning("letter_failed", extra={"letter": pk, "problem": type(error).__name__})
        return _try_later(letter, now)
    return _end(letter, LetterState.SENT, now)


def _unread_of(letter: Letter) -> list[Notification]:
    notes = Notification.objects.visible_to(letter.user).unread().filter(letter=letter)
    found = list(notes.with_objects().order_by("created_at", "id"))
    for note in found:
        note.user = letter.user
    return found


def _message(letter: Letter, user: User, notes: list[Notification]) -> EmailMessage:
    with translation.override(user.language):
        count = ngettext("%(n)d thing to know", "%(n)d things to know", len(notes)) % {"n": len(notes)}
        subject = notes[0].text if len(notes) == 1 else count
        told = [(note, site_link(reverse("notification_open", args=[note.pk]))) for note in notes]
        about = {"person": user, "told": told, "preferences": site_link(reverse("notification_preferences"))}
        text = render_to_string("base/email/notifications.txt", about)
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    subject = " ".join(f"[Vigie] {subject}".split())
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email], headers=headers)


def _try_later(letter: Letter, now: datetime) -> None:
    letter.attempts += 1
    if letter.attempts >= MOST_ATTEMPTS:
        return _end(letter, LetterState.FAILED, now)
    letter.try_at = now + _pause(letter.attempts)
    return letter.save(update_fields=["attempts", "try_at"])


def _pause(attempts: int) -> timedelta:
    """One minute, two, four … up to eight hours."""
    return timedelta(minutes=min(2 ** (attempts - 1), 480))


def _end(letter: Letter, state: LetterState, now: datetime) -> None:
    letter.state, letter.ended_at = state, now
    letter.save(update_fields=["state", "ended_at"])
