"""Letters of what people were told: gathered when due, each sent by whichever worker holds it.

A worker that dies at it lets go of it by dying, and the letter is sent again under the same Message-ID.
"""

import logging
from datetime import datetime
from functools import partial
from smtplib import SMTPRecipientsRefused

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
from base.jobs.locks import held
from base.jobs.work import GivenUp, attempt, pause_after
from base.notify.models import Letter, LetterState, Notification

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


def send(pk: int, now: datetime) -> None:
    """Send one letter if nobody else is at it: what its reader has not read yet, and may see now."""
    with held(Letter, pk) as is_ours:
        found = Letter.objects.filter(pk=pk, state=LetterState.WAITING, try_at__lte=now)
        letter = found.select_related("user").first() if is_ours else None
        if letter is not None:
            attempt(letter, work=partial(_send, now=now), failed=partial(_failed, now=now))


def _send(letter: Letter, now: datetime) -> None:
    user, notes = letter.user, _unread_of(letter)
    if not notes or not user.is_active or user.address_proven_at is None:
        return _end(letter, LetterState.DROPPED, now)
    _message(letter, user, notes).send()
    return _end(letter, LetterState.SENT, now)


def _failed(letter: Letter, error: Exception, now: datetime) -> None:
    """Try later, unless it was tried often enough or the server says that there is no such address."""
    refused = error.recipients.values() if isinstance(error, SMTPRecipientsRefused) else ()
    codes = [code for code, _said in refused]
    is_fault = not isinstance(error, OSError | GivenUp)  # errors of SMTP are OSErrors too
    about = {"letter": letter.pk, "problem": type(error).__name__, "codes": codes}
    logger.log(
        logging.ERROR if is_fault else logging.WARNING,
        "letter_failed",
        exc_info=error if is_fault else None,
        extra=about,
    )
    is_final = bool(codes) and all(code >= 500 for code in codes)
    if is_final or letter.attempts >= letter.MOST_ATTEMPTS:
        return _end(letter, LetterState.FAILED, now)
    letter.try_at = now + pause_after(letter.attempts)
    return letter.save(update_fields=["try_at"])


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


def _end(letter: Letter, state: LetterState, now: datetime) -> None:
    letter.state, letter.ended_at = state, now
    letter.save(update_fields=["state", "ended_at"])
