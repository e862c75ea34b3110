"""Letters that follow an answer are sent by threads of their own, all others at once.

While a mail server takes its time, a web thread that waited for it would keep the next request waiting too, and that
would tell who has an account.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

_nobody_waits: ContextVar[bool] = ContextVar("nobody_waits", default=False)


@contextmanager
def nobody_waits() -> Iterator[None]:
    """Letters sent inside go to a thread: whether the mail server took them is for the log."""
    token = _nobody_waits.set(True)
    try:
        yield
    finally:
        _nobody_waits.reset(token)


class EmailBackend(BaseEmailBackend):
    """Django's EMAIL_BACKEND here, in front of the one of EMAIL_URL (``LETTER_BACKEND``)."""

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:
        super().__init__(fail_silently)
        self._options = options

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        if not _nobody_waits.get():
            return self._send(email_messages)
        _pool().submit(self._send, list(email_messages)).add_done_callback(_tell)
        return len(email_messages)

    def _send(self, letters: Sequence[EmailMessage]) -> int:
        real = get_connection(settings.LETTER_BACKEND, fail_silently=self.fail_silently, **self._options)
        return int(real.send_messages(letters) or 0)


@cache
def _pool() -> ThreadPoolExecutor:
    """Made on first use, in the web process that uses it."""
    return ThreadPoolExecutor(4, thread_name_prefix="letters")


def _tell(sent: Future[int]) -> None:
    problem = sent.exception()
    if problem is not None:
        logging.getLogger(__name__).error("letter_failed", exc_info=problem)
