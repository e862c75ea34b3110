"""Who is counted under which limit: a request's tries at passwords, codes, letters, links and tokens."""

from contextlib import suppress

from allauth.account.authentication import get_authentication_records
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils import timezone

from accounts import limits
from accounts.addresses import address_block, client_address
from accounts.devices import account_name, known_device
from accounts.limits import Limit, Taken, TooManyTries, take
from accounts.models import User

# What has proved, at this sign-in, that one reads the letters of the account.
_BY_LETTER = frozenset({"sign_in_link", "password_reset"})


def password_try(request: HttpRequest, login: str) -> Taken:
    """Count a password given at sign-in for that account, which need not exist. Raises TooManyTries."""
    account, address = account_name(login), address_block(client_address(request))
    device = known_device(request, login)
    asked = [
        (limits.ACCOUNT_AND_ADDRESS, f"{account}\n{address}"),
        (limits.ACCOUNT, account),
        (limits.ACCOUNT_A_DAY, account),
        (limits.ADDRESS, address),
    ]
    if device:
        asked = [(limits.DEVICE, device), (limits.DEVICE_A_DAY, device)]
    return take(*asked, at=timezone.now(), link=True)


def code_try(request: HttpRequest, person: User) -> Taken:
    """Count a code of the second factor, for the person and the way they came. Raises TooManyTries.

    So who knows the password only cannot use up the tries of who reads the letters, or sits at a known device.
    """
    whose = f"{person.pk}\n{_way(request, person)}"
    return take((limits.CODE, whose), (limits.CODE_A_DAY, whose), at=timezone.now(), link=True)


def code_is_new(person: User, code: str) -> bool:
    """Whether this right code is given for the first time; asked once."""
    return _within((limits.CODE_ONCE, f"{person.pk}\n{code}"))


def _way(request: HttpRequest, person: User) -> str:
    if request.user.is_authenticated:
        return "session"
    device = known_device(request, person.email)
    if device:
        return device
    methods = {record["method"] for record in get_authentication_records(request, person)}
    return "letter" if methods & _BY_LETTER else "password"


def confirmation_try(person: User) -> Taken:
    """Count a password that someone signed in gives again. Raises TooManyTries."""
    whose = str(person.pk)
    return take((limits.CONFIRM, whose), (limits.CONFIRM_A_DAY, whose), at=timezone.now())


def crowded(request: HttpRequest, login: str) -> bool:
    """Count a letter asked for; whether its address has asked for too many. The answer is the same: nobody is told."""
    if known_device(request, login):
        return False
    return not _within((limits.LETTERS, address_block(client_address(request))))


def may_send(limit: Limit, person: User, *, is_crowded: bool) -> bool:
    """Count a letter about to be sent to an account that exists; False when it has been sent enough."""
    account = account_name(person.email)
    if is_crowded and not _within((limits.ONE_LETTER, f"{limit.name}\n{account}")):
        return False
    return _within((limit, account))


def _within(*asked: tuple[Limit, str]) -> bool:
    try:
        take(*asked, at=timezone.now())
    except TooManyTries:
        return False
    return True


def wrong_link(request: HttpRequest) -> None:
    """Count a link that is none (forged, used, too old). Raises TooManyTries past the limit of its address."""
    _wrong(request, limits.WRONG_LINK)


def wrong_token(request: HttpRequest) -> None:
    """Count a bearer token that is none. Raises TooManyTries past the limit of its address: answered with 429.

    Call it for wrong ones only: a right token (random, 128 bits or more) is never refused for what others sent.
    """
    _wrong(request, limits.WRONG_TOKEN)


def _wrong(request: HttpRequest, limit: Limit) -> None:
    with suppress(DatabaseError):  # /metrics answers while the database is away
        take((limit, address_block(client_address(request))), at=timezone.now())
