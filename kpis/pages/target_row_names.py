"""The indicators and segments that rows of targets name, as people write them."""

from collections.abc import Callable

from django.utils.translation import gettext_noop

from accounts.models import User
from intake.names import plain
from intake.problems import BadCell
from kpis.models import Indicator
from kpis.pages import words
from kpis.pages.forms import segment_choices
from kpis.segments import WHOLE, key_of

_NO_INDICATOR = gettext_noop("There is no indicator “%(code)s”.")
_WHICH_INDICATOR = gettext_noop("Several indicators are called “%(code)s”: write the code.")
_NO_SEGMENT = gettext_noop("There is no segment “%(name)s”.")
_WHICH_SEGMENT = gettext_noop(
    "Several segments are called “%(name)s”: write the axis before it, as lists do."
)


def indicator_named(by: User) -> Callable[[str], Indicator]:
    known: dict[str, list[Indicator]] = {}

    def find(text: str) -> Indicator:
        if not known:
            for one in Indicator.objects.visible_to(by):
                for name in {plain(one.code), plain(one.name_fr), plain(one.name_en)}:
                    known.setdefault(name, []).append(one)
        found = known.get(plain(text), [])
        exact = [one for one in found if one.code == text.strip()]
        if len(exact or found) != 1:
            raise BadCell(_WHICH_INDICATOR if found else _NO_INDICATOR, code=text[:100])
        return (exact or found)[0]

    return find


def segment_named(by: User) -> Callable[[str], str]:
    """The key of a segment, by its code or what forms and lists call it: ``channel:SEA``, ``Channel: SEA``, ``SEA``."""
    known: dict[str, set[str]] = {}

    def find(text: str) -> str:
        if not known:
            known.update(_segments(by))
        found = known.get(plain(text), set())
        if len(found) != 1:
            raise BadCell(_WHICH_SEGMENT if found else _NO_SEGMENT, name=text[:100])
        return next(iter(found))

    return find


def _segments(by: User) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for name, choices in segment_choices(words.dimension_names(), by):
        if isinstance(choices, str):
            known[plain(choices)] = {WHOLE}
            continue
        for value, label in choices:
            code, _colon, of = value.partition(":")
            for said in (value, f"{name}{label}", label):
                known.setdefault(plain(said), set()).add(key_of({code: of}))
    return known
