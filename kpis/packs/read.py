"""A pack file → checked entries. Nothing is written here; the first mistake is told with its place."""

import re
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from accounts.access import Right
from base.toml import TomlError, read_toml
from kpis.formula import check_all
from kpis.models import Aggregation, Direction, Unit

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_CODE = 60
CODE = re.compile(rf"[a-z][a-z0-9_]{{0,{LONGEST_CODE - 1}}}")
RESERVED = frozenset(  # columns of files and of their staging tables
    {"date", "measure", "value", "line", "order_id", "ordered_at", "product", "label", "quantity"}
    | {"unit_price", "customer"}
)
_NAMED = {"code", "name", "definition"}
KEYS = {
    "calendar": {"week_start", "fiscal_year_start", "currency", "country", "timezone", "open_weekdays"},
    "dimension": _NAMED,
    "measure": _NAMED | {"unit", "over_time", "over_segments", "right"},
    "indicator": _NAMED
    | {"formula", "unit", "direction", "decimals", "drivers", "group", "headline", "thresholds"}
    | {"right"},
    "thresholds": {"amber", "red"},
    "name": {"fr", "en"},
    "definition": {"fr", "en"},
}
LONGEST_NAME = 120
# Bounds on what a pack, and all packs of an instance together, may hold: a business knows a hundred or two of a kind.
MOST_ENTRIES = 500
MOST_DRIVERS = 20
LONGEST_GROUP = 30
LONGEST_DEFINITION = 5_000
LONGEST_FORMULA = 4_000
MOST_FORMULAS = 200_000  # characters of all formulas of an instance
LONGEST_SENTENCE = 400
FIGURE_RIGHTS = tuple(right.value for right in Right if right != Right.SIGNED_IN)
MOST_THRESHOLD = 1_000


class PackError(Exception):
    """A plain sentence that says what is wrong in a pack and where; short, whatever it quotes."""

    def __init__(self, said: str) -> None:
        text = " ".join(said.split())
        super().__init__(text if len(text) <= LONGEST_SENTENCE else f"{text[: LONGEST_SENTENCE - 1]}…")


@dataclass(frozen=True)
class Pack:
    calendar: Mapping[str, Any]
    dimensions: tuple[Mapping[str, Any], ...]
    measures: tuple[Mapping[str, Any], ...]
    indicators: tuple[Mapping[str, Any], ...]


def read_pack(text: str) -> Pack:
    """Parse and check a pack by itself. Raises PackError."""
    try:
        data = read_toml(text)
    except TomlError as error:
        raise PackError(_("Not a TOML file: %(error)s") % {"error": error}) from error
    unknown = set(data) - {"calendar", "dimension", "measure", "indicator"}
    if unknown:
        raise PackError(_("Unknown table: %(names)s") % {"names": ", ".join(sorted(unknown)[:5])})
    return Pack(
        calendar=_calendar(_keyed("calendar", "calendar", data.get("calendar", {}))),
        dimensions=tuple(_dimension(entry) for entry in _entries(data, "dimension")),
        measures=tuple(_measure(entry) for entry in _entries(data, "measure")),
        indicators=tuple(_indicator(n, entry) for n, entry in enumerate(_entries(data, "indicator"))),
    )


def _entries(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The tables ``[[name]]``, each code once."""
    entries = [_table(name, name, entry) for entry in _list(name, name, data.get(name, []))]
    check_count(name, len(entries))
    codes = [str(entry.get("code", "")) for entry in entries]
    twice = next((code for n, code in enumerate(codes) if code in codes[:n]), None)
    if twice is not None:
        raise PackError(_("%(table)s: the code “%(code)s” is there twice.") % {"table": name, "code": twice})
    return [_keyed(str(entry.get("code", name)), name, entry) for entry in entries]


def check_count(table: str, count: int) -> None:
    """Raises PackError when a pack or an instance has more entries of a kind than it may."""
    if count > MOST_ENTRIES:
        said = _("%(table)s: %(count)d are too many, at most %(most)d are taken.")
        raise PackError(said % {"table": table, "count": count, "most": MOST_ENTRIES})


def _keyed(place: str, name: str, value: Any) -> Mapping[str, Any]:
    """A table that holds nothing but the keys it can: a misspelt one would else be lost in silence."""
    unknown = _table(place, name, value).keys() - KEYS[name]
    if unknown:
        raise PackError(_("%(place)s: unknown key %(name)s.") % {"place": place, "name": min(unknown)})
    return dict(value)


def _table(place: str, name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PackError(_("%(place)s: %(name)s is not a table.") % {"place": place, "name": name})
    return value


def _list(place: str, name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise PackError(_("%(place)s: %(name)s is not a list.") % {"place": place, "name": name})
    return value


def check_formulas(
    indicators: Iterable[tuple[str, str, str]], measures: Mapping[str, str], dimensions: Iterable[str]
) -> None:
    """Check (code, formula, unit) of every indicator against the whole catalogue. Raises PackError."""
    formulas = {code: (text, unit) for code, text, unit in indicators}
    if sum(len(text) for text, _unit in formulas.values()) > MOST_FORMULAS:
        said = _("All formulas together have at most %(most)d characters.")
        raise PackError(said % {"most": MOST_FORMULAS})
    errors = check_all(formulas, dict(measures), set(dimensions))
    if errors:
        raise PackError(str(errors[0]))


def check_columns(dimensions: Iterable[str], measures: Collection[str]) -> None:
    """Check that no column of a wide file could mean a dimension and a measure. Raises PackError."""
    for code in dimensions:
        if code in measures:
            raise PackError(_("“%(code)s” is the code of a dimension and of a measure.") % {"code": code})


def check_drivers(indicators: Iterable[tuple[str, Iterable[str]]], known: Container[str]) -> None:
    """Check that the drivers of every indicator exist. Raises PackError."""
    for code, drivers in indicators:
        for name in drivers:
            if name not in known:
                raise PackError(_("%(code)s: there is no driver “%(name)s”.") % {"code": code, "name": name})


def _calendar(data: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if "week_start" in data:
        out["week_start"] = 1 + WEEKDAYS.index(
            _choice("calendar", "week_start", data["week_start"], WEEKDAYS)
        )
    if "fiscal_year_start" in data:
        out["fiscal_year_start"] = _choice(
            "calendar", "fiscal_year_start", data["fiscal_year_start"], range(1, 13)
        )
    if "timezone" in data:
        out["timezone"] = str(
            ZoneInfo(_choice("calendar", "timezone", data["timezone"], available_timezones()))
        )
    if "open_weekdays" in data:
        days = _list("calendar", "open_weekdays", data["open_weekdays"])
        out["open_weekdays"] = sorted(
            {_choice("calendar", "open_weekdays", day, range(1, 8)) for day in days}
        )
    for name, length in (("currency", 3), ("country", 2)):
        if name in data:
            out[name] = _sized("calendar", name, str(data[name]).upper(), length)
    return out


def _dimension(entry: Mapping[str, Any]) -> dict[str, Any]:
    code = _code("dimension", entry)
    return {"code": code, **_names(code, entry)}


def _measure(entry: Mapping[str, Any]) -> dict[str, Any]:
    code = _code("measure", entry)
    return {
        "code": code,
        **_names(code, entry),
        "unit": _choice(code, "unit", entry.get("unit"), Unit.values),
        "over_time": _choice(code, "over_time", entry.get("over_time", "sum"), Aggregation.values),
        "over_segments": _choice(
            code, "over_segments", entry.get("over_segments", "sum"), Aggregation.values
        ),
        "right": _right(code, entry),
    }


def _indicator(position: int, entry: Mapping[str, Any]) -> dict[str, Any]:
    code = _code("indicator", entry)
    french, english = _texts(code, "definition", entry, LONGEST_DEFINITION)
    drivers = _list(code, "drivers", entry.get("drivers", []))
    if len(drivers) > MOST_DRIVERS:
        said = _("%(place)s: at most %(most)d drivers are taken.")
        raise PackError(said % {"place": code, "most": MOST_DRIVERS})
    return {
        "code": code,
        **_names(code, entry),
        "formula": _text(code, "formula", entry.get("formula", ""), LONGEST_FORMULA),
        "unit": _choice(code, "unit", entry.get("unit"), Unit.values),
        "direction": _choice(code, "direction", entry.get("direction", "up"), Direction.values),
        "decimals": _choice(code, "decimals", entry.get("decimals", 0), range(7)),
        "drivers": [_text(code, "drivers", name, LONGEST_CODE) for name in drivers],
        "group": _text(code, "group", entry.get("group", ""), LONGEST_GROUP),
        "headline": _choice(code, "headline", entry.get("headline", False), (True, False)),
        "right": _right(code, entry),
        "position": position,
        "definition_fr": french,
        "definition_en": english,
        **_thresholds(code, _keyed(code, "thresholds", entry.get("thresholds", {}))),
    }


def _right(code: str, entry: Mapping[str, Any]) -> str:
    """What it takes to read it: the right to read figures unless the pack asks for more."""
    return str(_choice(code, "right", entry.get("right", Right.VIEW_FIGURES.value), FIGURE_RIGHTS))


def _thresholds(code: str, data: Mapping[str, Any]) -> dict[str, Decimal | None]:
    try:
        found = {name: Decimal(str(data[name])) if name in data else None for name in ("amber", "red")}
    except ArithmeticError as error:
        raise PackError(_("%(code)s: thresholds are numbers.") % {"code": code}) from error
    if not all(n is None or (n.is_finite() and abs(n) < MOST_THRESHOLD) for n in found.values()):
        raise PackError(_("%(code)s: thresholds are numbers.") % {"code": code})
    return found


def _code(table: str, entry: Mapping[str, Any]) -> str:
    code = str(entry.get("code", ""))
    if not CODE.fullmatch(code) or code in RESERVED:
        raise PackError(
            _(
                "%(table)s: “%(code)s” is not a usable code (small letters, digits and _, starting with a letter)."
            )
            % {"table": table, "code": code}
        )
    return code


def _names(code: str, entry: Mapping[str, Any]) -> dict[str, str]:
    french, english = _texts(code, "name", entry, LONGEST_NAME)
    return {"name_fr": french or english or code, "name_en": english or french or code}


def _texts(place: str, name: str, entry: Mapping[str, Any], longest: int) -> list[str]:
    """What a table ``{fr = "…", en = "…"}`` says in French and in English."""
    said = _keyed(place, name, entry.get(name, {}))
    return [_text(place, name, said.get(language, ""), longest) for language in ("fr", "en")]


def _text(place: str, name: str, value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        said = _("%(place)s: %(name)s is a text of at most %(longest)d characters.")
        raise PackError(said % {"place": place, "name": name, "longest": longest})
    return value


def _choice(place: str, name: str, value: Any, choices: Iterable[Any]) -> Any:
    options = sorted(choices) if isinstance(choices, set) else list(choices)
    if value not in options or type(value) not in {type(option) for option in options}:
        shown = ", ".join(map(str, options[:12]))
        raise PackError(
            _("%(place)s: %(name)s is “%(value)s”; expected one of: %(options)s")
            % {"place": place, "name": name, "value": value, "options": shown}
        )
    return value


def _sized(place: str, name: str, value: str, length: int) -> str:
    if len(value) != length or not (value.isascii() and value.isalpha()):
        raise PackError(
            _("%(place)s: %(name)s has %(length)s letters.")
            % {"place": place, "name": name, "length": length}
        )
    return value
