"""Countries, currencies and time zones worth choosing from: short lists, sorted as the reader reads them.

A retailer of Europe and its neighbours; what an instance already has stays among the choices whatever it is.
Currencies in use are those of the CLDR, through Babel; time zones those of the tz database's ``zone.tab``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.numbers import get_territory_currencies

from base.dates import active_locale

# fmt: off
COUNTRIES = (
    "FR", "BE", "CH", "LU", "MC", "DE", "AT", "NL", "IT", "ES", "PT", "IE", "GB", "DK", "SE", "NO", "FI", "IS", "PL",
    "CZ", "SK", "HU", "SI", "HR", "RO", "BG", "GR", "CY", "MT", "EE", "LV", "LT", "MA", "TN", "DZ", "SN", "CI", "CM",
    "GP", "MQ", "GF", "RE", "YT", "NC", "PF",
)
# fmt: on

Choices = list[tuple[str, str]]


def countries(present: str = "") -> Choices:
    """(ISO 3166 code, name in the active language), by name."""
    names = active_locale().territories
    return _sorted((code, names.get(code, code)) for code in {*COUNTRIES, present} if code)


def currencies(present: str = "") -> Choices:
    """(ISO 4217 code, name and code), by name: what is paid with in those countries."""
    codes = {code for country in COUNTRIES for code in get_territory_currencies(country)} | {present}
    names = active_locale().currencies
    return _sorted((code, f"{_capitalised(names.get(code, code))} ({code})") for code in codes if code)


def timezones(present: str = "") -> Choices:
    """(name of the zone, place and country), by place."""
    locale = active_locale()
    zones = {zone: country for country in COUNTRIES for zone in zones_of().get(country, ())}
    if present:
        zones.setdefault(present, "")
    return _sorted((zone, _place(zone, country, locale)) for zone, country in zones.items())


@cache
def zones_of() -> Mapping[str, tuple[str, ...]]:
    """country → its time zones, of all countries."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            country, _coordinates, zone, *_comment = line.split("\t")
            found[country].append(zone)
    return {country: tuple(zones) for country, zones in found.items()}


def _place(zone: str, country: str, locale: Locale) -> str:
    known = locale.time_zones.get(zone, {}).get("city")
    city = str(known or zone.rpartition("/")[2].replace("_", " "))
    return f"{city} ({locale.territories[country]})" if country else city


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]


def _sorted(choices: Iterable[tuple[str, str]]) -> Choices:
    return sorted(choices, key=lambda choice: _plain(choice[1]))


def _plain(text: str) -> str:
    """Without case and accents, so that É stands with E."""
    from unicodedata import normalize

    return "".join(c for c in normalize("NFD", text.casefold()) if c.isalnum() or c == " ")
