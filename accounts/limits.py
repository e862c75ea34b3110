"""How often something secret may be guessed: counters in PostgreSQL, counted before the guess is looked at.

A try is counted in one statement, so that guesses sent side by side cannot all pass before the first is counted,
and given back when it was right. Counters belong to an account, an address, a device or a person: nothing else of a
request (host, port, headers, case) is part of them, and nothing but age removes them (``accounts/tasks.py``).
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from accounts.models import TryCount

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limit:
    """At most ``tries`` wrong ones ``within`` that time, counted from the first. ``name`` is stored with counters."""

    name: str
    tries: int
    within: timedelta


_QUARTER, _DAY = timedelta(minutes=15), timedelta(days=1)

# Passwords at sign-in, from a device that is not known: for one account from one address, for the account from
# anywhere, now and over a day, and for an address whatever the account (one password tried on everybody).
ACCOUNT_AND_ADDRESS = Limit("password: account and address", 5, _QUARTER)
ACCOUNT = Limit("password: account", 10, _QUARTER)
ACCOUNT_A_DAY = Limit("password: account, a day", 100, _DAY)
ADDRESS = Limit("password: address", 60, _QUARTER)
# From a device the person has signed in on before: what strangers do elsewhere does not count.
DEVICE = Limit("password: known device", 10, _QUARTER)
DEVICE_A_DAY = Limit("password: known device, a day", 50, _DAY)
# Codes of the second factor, for one person and the way they came (see ``accounts/tries.py``).
CODE = Limit("code", 10, _QUARTER)
CODE_A_DAY = Limit("code: a day", 50, _DAY)
CODE_ONCE = Limit("code: used", 1, timedelta(minutes=3))  # longer than any code is valid
# The password again, by someone signed in: to confirm, or to change it.
CONFIRM = Limit("password again", 10, _QUARTER)
CONFIRM_A_DAY = Limit("password again, a day", 50, _DAY)
# Letters asked for by anybody. Links to sign in hold as long as this counts: who is refused one has one that works.
# Past the count of an address each account is still sent one letter of a kind: colleagues behind it are not shut out.
LETTER_TIME = timedelta(minutes=30)
RESET_LETTER = Limit("reset letter: account", 5, LETTER_TIME)
LINK_LETTER = Limit("sign-in letter: account", 5, LETTER_TIME)
ONE_LETTER = Limit("letter, crowded address: account", 1, LETTER_TIME)
LETTERS = Limit("letters: address", 30, LETTER_TIME)
# Secrets too long to guess: who sends wrong ones is stopped, the right one never is.
WRONG_LINK = Limit("link: address", 30, _QUARTER)
WRONG_TOKEN = Limit("token: address", 30, _QUARTER)
# What a program may ask with one token, of pages and the API: a loop that runs wild is slowed down.
REQUESTS = Limit("requests: token", 600, timedelta(minutes=1))


class TooManyTries(Exception):  # noqa: N818  # an answer to a person, not a fault
    """Said with status 429. ``link``: offer a letter by which the person comes in all the same."""

    def __init__(self, limit: Limit, until: datetime, *, link: bool = False) -> None:
        super().__init__(limit.name)
        self.limit, self.until, self.link = limit, until, link


@dataclass(frozen=True)
class Taken:
    """Tries that were counted: (key, beginning of the count) of each."""

    counted: tuple[tuple[str, datetime], ...]

    def give_back(self) -> None:
        """The guess was right. One statement a row, so that two processes never wait for each other."""
        for key, since in self.counted:
            TryCount.objects.filter(key=key, since=since, tries__gt=0).update(tries=F("tries") - 1)


_COUNT = """
INSERT INTO accounts_trycount AS kept (key, "limit", tries, since, until) VALUES {rows}
ON CONFLICT (key) DO UPDATE SET
  tries = CASE WHEN kept.until <= EXCLUDED.since THEN 1 ELSE kept.tries + 1 END,
  since = CASE WHEN kept.until <= EXCLUDED.since THEN EXCLUDED.since ELSE kept.since END,
  until = CASE WHEN kept.until <= EXCLUDED.since THEN EXCLUDED.until ELSE kept.until END
RETURNING key, tries, since, until
"""


@transaction.atomic
def take(*asked: tuple[Limit, str], at: datetime, link: bool = False) -> Taken:
    """Count one try under each (limit, whose). Raises TooManyTries, nothing being counted, when one is used up.

    Rows are taken in the order of their keys: two tries that share some never wait for each other in a circle.
    """
    limits = {_key(limit, whose): limit for limit, whose in asked}
    rows = [(key, limits[key].name, at, at + limits[key].within) for key in sorted(limits)]
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT.format(rows=", ".join(["(%s, %s, 1, %s, %s)"] * len(rows))),
            [value for row in rows for value in row],
        )
        counts = cursor.fetchall()
    over = [(until, limits[key]) for key, tries, _since, until in counts if tries > limits[key].tries]
    if over:
        until, limit = max(over, key=lambda one: one[0])
        _log.warning("too_many_tries", extra={"limit": limit.name})
        raise TooManyTries(limit, until, link=link)
    return Taken(tuple((key, since) for key, _tries, since, _until in counts))


def _key(limit: Limit, whose: str) -> str:
    return salted_hmac("accounts.limits", f"{limit.name}\n{whose}", algorithm="sha256").hexdigest()
