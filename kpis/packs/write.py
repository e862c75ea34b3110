"""The catalogue of this instance → a pack that loads back to the same."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from accounts.access import Right
from base.models import Company
from kpis.models import Dimension, Indicator, Measure
from kpis.packs.read import WEEKDAYS


def export_pack() -> str:
    """The instance's pack as TOML text."""
    blocks = [_block("[calendar]", _calendar(Company.current()))]
    blocks += [_block("[[dimension]]", {"code": d.code, "name": _both(d)}) for d in Dimension.objects.all()]
    blocks += [_block("[[measure]]", _measure(m)) for m in Measure.objects.all()]
    blocks += [_block("[[indicator]]", _indicator(i)) for i in Indicator.objects.all()]
    return "\n".join(blocks)


def _calendar(company: Company) -> dict[str, Any]:
    return {
        "week_start": WEEKDAYS[company.week_start - 1],
        "fiscal_year_start": company.fiscal_year_start,
        "currency": company.currency,
        "country": company.country,
        "timezone": company.timezone,
        "open_weekdays": list(company.open_weekdays),
    }


def _both(named: Dimension | Measure | Indicator) -> dict[str, str]:
    return {"fr": named.name_fr, "en": named.name_en}


def _measure(m: Measure) -> dict[str, Any]:
    return {
        "code": m.code,
        "unit": m.unit,
        "over_time": m.over_time,
        "over_segments": m.over_segments,
        **_right(m),
        "name": _both(m),
    }


def _indicator(i: Indicator) -> dict[str, Any]:
    thresholds = {name: value for name in ("amber", "red") if (value := getattr(i, name)) is not None}
    return {
        "code": i.code,
        "formula": i.formula,
        "unit": i.unit,
        "direction": i.direction,
        "decimals": i.decimals,
        "group": i.group,
        "headline": i.headline,
        **_right(i),
        "name": _both(i),
        "definition": {"fr": i.definition_fr, "en": i.definition_en},
        "drivers": list(i.drivers),
        "thresholds": thresholds,
    }


def _right(entry: Measure | Indicator) -> dict[str, str]:
    """Said only where it is not the usual one."""
    return {} if entry.right == Right.VIEW_FIGURES else {"right": entry.right}


def _block(title: str, entries: Mapping[str, Any]) -> str:
    lines = [f"{name} = {_toml(value)}" for name, value in entries.items() if value not in ({}, [], "")]
    return "\n".join([title, *lines, ""])


def _toml(value: Any) -> str:
    """TOML text of the few kinds of value a pack holds; its basic strings are JSON's."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value % 1 else f"{value:.1f}"
    return json.dumps(value, ensure_ascii=False)
