"""When somebody is written to of what they were told: pure."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from base.notify.models import Frequency

DIGEST_HOUR = 7  # of a day, or of a Monday
# No letter is sent at once in the evening and at night, unless somebody chose other hours.
USUAL_QUIET = (20, 7)
QuietHours = tuple[int, int] | None


def mail_time(frequency: str, told_at: datetime, quiet: QuietHours) -> datetime | None:
    """The moment what was told at ``told_at`` is to be sent; None for never. Hours are of the current time zone."""
    if frequency == Frequency.NEVER:
        return None
    local = timezone.localtime(told_at)
    if frequency == Frequency.NOW:
        return after_quiet(told_at, quiet)
    days = 1 if frequency == Frequency.DAILY else 7 - local.weekday()
    soon = _at(local, DIGEST_HOUR)
    if soon > local and (frequency == Frequency.DAILY or local.weekday() == 0):
        return after_quiet(soon, quiet)
    return after_quiet(_at(local + timedelta(days=days), DIGEST_HOUR), quiet)


def after_quiet(moment: datetime, quiet: QuietHours) -> datetime:
    """The moment itself, or the end of the quiet hours it is in; they may pass midnight."""
    if quiet is None:
        return moment
    start, end = quiet
    local = timezone.localtime(moment)
    since, length = (local.hour - start) % 24, (end - start) % 24
    if since >= length:
        return moment
    ends = _at(local, end)
    return ends if ends > local else _at(local + timedelta(days=1), end)


def _at(day: datetime, hour: int) -> datetime:
    return timezone.make_aware(datetime.combine(day.date(), time(hour)))
