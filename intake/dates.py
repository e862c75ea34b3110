"""Dates as exports write them. Year-first and compact dates are never ambiguous; dd/mm against mm/dd is."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_TIME = (
    r"(?P<hour>[0-9]{1,2})[:h](?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?(?:\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?"
)
_YEAR_FIRST = re.compile(
    rf"(?P<year>[0-9]{{4}})(?P<mark>[-/.])(?P<a>[0-9]{{1,2}})(?P=mark)(?P<b>[0-9]{{1,2}})(?:[T ]\s*{_TIME})?"
)
_YEAR_LAST = re.compile(
    rf"(?P<a>[0-9]{{1,2}})(?P<mark>[-/.])(?P<b>[0-9]{{1,2}})(?P=mark)(?P<year>[0-9]{{4}}|[0-9]{{2}})"
    rf"(?:[T, ]\s*{_TIME})?"
)
_COMPACT = re.compile(rf"(?P<year>[0-9]{{4}})(?P<a>[0-9]{{2}})(?P<b>[0-9]{{2}})(?:[T ]\s*{_TIME})?")
_SHAPES = (_YEAR_FIRST, _YEAR_LAST, _COMPACT)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # outside, a date is a typing mistake


def moment_of(raw: str, day_first: bool, zone: tzinfo) -> datetime | None:
    """The naive local moment (in ``zone`` when the text carries an offset), or None when it is not a date."""
    text = raw.strip()
    for shape in _SHAPES:
        if found := shape.fullmatch(text):
            return _moment(found, day_first and shape is _YEAR_LAST, zone)
    return None


def day_order(raw: str) -> str | None:
    """``"day"`` or ``"month"`` when the date can only be read with that part first, ``"either"`` when it is
    ambiguous, None when it is not of the dd/mm family."""
    found = _YEAR_LAST.fullmatch(raw.strip())
    if found is None:
        return None
    first, second = int(found["a"]), int(found["b"])
    if first == second or (first > 12 and second > 12):
        return None
    if max(first, second) <= 12:
        return "either"
    return "day" if first > 12 else "month"


def family_of(raw: str) -> str | None:
    """How the day is written, whatever the time after it and whichever of day and month comes first: ``-yab4``,
    ``/aby2`` … None when it is not a date.
    """
    return _family(raw.strip().translate(_ANY_DIGIT))


_ANY_DIGIT = str.maketrans(
    "123456789", "000000000"
)  # texts that differ in their digits only are of one family


@lru_cache(maxsize=512)
def _family(text: str) -> str | None:
    for shape, parts in ((_YEAR_FIRST, "yab"), (_YEAR_LAST, "aby"), (_COMPACT, "yab")):
        if found := shape.fullmatch(text):
            mark = found.groupdict().get("mark") or ""
            return mark + parts + str(len(found["year"]))
    return None


def is_year_last(family: str) -> bool:
    """Whether day and month of such dates could be taken for one another."""
    return "aby" in family


def shape_of(raw: str, day_first: bool) -> str | None:
    """The ``strftime`` pattern of a date, to show how dates were read."""
    text = raw.strip()
    for shape, parts in (
        (_YEAR_FIRST, "Ymd"),
        (_YEAR_LAST, "dmY" if day_first else "mdY"),
        (_COMPACT, "Ymd"),
    ):
        if found := shape.fullmatch(text):
            return _day_pattern(found, parts) + _time_pattern(found, text)
    return None


def by_pattern(raw: str, pattern: str, zone: tzinfo) -> datetime | None:
    """The moment under a ``strptime`` pattern asked by the person who imports; None when it is not a date."""
    try:
        made = datetime.strptime(raw.strip(), pattern)  # noqa: DTZ007  # files hold local time
    except (ValueError, OverflowError):
        return None
    return _local(made, zone) if _FIRST_YEAR <= made.year <= _LAST_YEAR else None


def _moment(found: re.Match[str], day_first: bool, zone: tzinfo) -> datetime | None:
    day, month = (found["a"], found["b"]) if day_first else (found["b"], found["a"])
    try:
        made = datetime(
            _year(found["year"]), int(month), int(day), *_clock(found), tzinfo=_offset(found["zone"])
        )
    except ValueError:
        return None
    return _local(made, zone) if _FIRST_YEAR <= made.year <= _LAST_YEAR else None


def _local(made: datetime, zone: tzinfo) -> datetime:
    return made if made.tzinfo is None else made.astimezone(zone).replace(tzinfo=None)


def _year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _clock(found: re.Match[str]) -> tuple[int, int, int, int]:
    if found["hour"] is None:
        return 0, 0, 0, 0
    fraction = (found["fraction"] or "0").ljust(6, "0")[:6]
    return (
        _hour(int(found["hour"]), found["half"]),
        int(found["minute"]),
        int(found["second"] or 0),
        int(fraction),
    )


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half in "Pp" else 0)


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    if zone in ("Z", "UTC", "GMT"):
        return UTC
    sign = -1 if zone[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])))


def _day_pattern(found: re.Match[str], parts: str) -> str:
    mark = found.groupdict().get("mark") or ""
    year = "Y" if len(found["year"]) == 4 else "y"
    return mark.join("%" + (year if part == "Y" else part) for part in parts)


def _time_pattern(found: re.Match[str], text: str) -> str:
    if found["hour"] is None:
        return ""
    between = text[
        found.end("b") if found.end("year") < found.end("b") else found.end("year") : found.start("hour")
    ]
    clock = "%I:%M" if found["half"] else "%H:%M"
    seconds = (":%S" if found["second"] else "") + (".%f" if found["fraction"] else "")
    return between + clock + seconds + (" %p" if found["half"] else "") + ("%z" if found["zone"] else "")
