"""The shipped pack keeps the contract: every code there, definitions in both languages, drivers that add up."""

import ast
import math
import random
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demo.company import setting_for, simulate
from demo.events import planted
from demo.figures import daily_figures
from demo.goals import LEVELS, PROMISES, YEARLY_SUMS
from kpis.management.commands.ensure_instance import SHIPPED

PACK: dict[str, Any] = tomllib.loads(Path(SHIPPED).read_text(encoding="utf-8"))
MEASURES = {entry["code"]: entry for entry in PACK["measure"]}
INDICATORS = {entry["code"]: entry for entry in PACK["indicator"]}
DIMENSIONS = {entry["code"] for entry in PACK["dimension"]}
CODE = re.compile(r"[a-z][a-z0-9_]*")

FROM_ORDERS = {
    "gross_revenue", "cancelled_value", "net_revenue", "orders", "order_lines", "units", "cancelled_orders",
    "aov_gross", "aov_net", "units_per_order", "cancellation_rate_orders", "cancellation_rate_value",
    "active_customers", "new_customers", "returning_customers", "returning_customer_rate", "guest_revenue",
}  # fmt: skip
FROM_OTHER_FILES = {
    "sessions", "visitors", "conversion_rate", "cart_rate", "cart_abandonment_rate", "checkout_rate", "bounce_rate",
    "ad_spend", "roas", "cost_of_sales_ratio", "cac", "gross_margin", "margin_rate", "discount_rate", "return_rate",
    "refund_delay", "stockout_rate", "on_time_delivery_rate", "delivery_days", "click_collect_share",
    "click_collect_ready_2h_rate", "contact_rate", "first_response_hours", "csat", "nps", "site_availability",
    "lcp_p75", "inp_p75", "cls_p75",
}  # fmt: skip


def test_it_defines_every_code_of_the_contract() -> None:
    assert set(INDICATORS) >= FROM_ORDERS | FROM_OTHER_FILES
    assert len(INDICATORS) >= 60
    assert {"channel", "device", "category", "region", "country"} <= DIMENSIONS


def test_codes_are_said_once() -> None:
    for kind in ("measure", "indicator", "dimension"):
        codes = [entry["code"] for entry in PACK[kind]]
        assert len(codes) == len(set(codes))


def test_a_code_shared_by_a_measure_and_an_indicator_is_that_measure_made_visible() -> None:
    for code in set(MEASURES) & set(INDICATORS):
        assert INDICATORS[code]["formula"] == code
        assert INDICATORS[code]["unit"] == MEASURES[code]["unit"]


def test_distinct_counts_are_declared_so() -> None:
    assert (
        MEASURES["active_customers"]["over_time"]
        == MEASURES["active_customers"]["over_segments"]
        == "distinct"
    )
    assert {c for c, m in MEASURES.items() if m.get("over_segments") == "distinct"} == {
        "orders", "cancelled_orders", "active_customers", "new_customers",
    }  # fmt: skip


@pytest.mark.parametrize("code", sorted(INDICATORS))
def test_an_indicator_is_complete(code: str) -> None:
    entry = INDICATORS[code]
    known = set(MEASURES) | set(INDICATORS)
    assert set(CODE.findall(entry["formula"])) - {"percentile"} <= known
    assert set(entry.get("drivers", [])) <= known
    assert code not in entry.get("drivers", [])
    for language in ("fr", "en"):
        assert entry["name"][language]
        assert entry["definition"][language].endswith(".")
    assert entry["group"]
    bad = -1 if entry["direction"] == "up" else 1
    amber, red = entry["thresholds"]["amber"], entry["thresholds"]["red"]
    assert 0 < bad * amber < bad * red


def test_eight_figures_make_the_home_page() -> None:
    assert sum(entry.get("headline", False) for entry in INDICATORS.values()) == 8


def _value(code: str, measures: dict[str, float]) -> float:
    """The indicator (or measure) worked out from its formula; formulas here are plain arithmetic."""
    formula = INDICATORS[code]["formula"] if code in INDICATORS else code
    if formula == code:
        return measures[code]
    names = set(CODE.findall(formula))
    return float(
        eval(compile(ast.parse(formula, mode="eval"), code, "eval"), {n: _value(n, measures) for n in names})
    )


@pytest.mark.parametrize("code", sorted(c for c, entry in INDICATORS.items() if entry.get("drivers")))
def test_drivers_multiply_or_add_up_to_their_indicator(code: str) -> None:
    """For any figures the drivers' product, quotient, sum or difference is the indicator."""
    made_up = random.Random(code)
    held: set[str] = {"product", "quotient", "sum", "difference"}
    for _round in range(5):
        measures = {name: made_up.uniform(1, 1000) for name in MEASURES}
        first, *others = [_value(name, measures) for name in INDICATORS[code]["drivers"]]
        target = _value(code, measures)
        ways = {
            "product": first * math.prod(others),
            "quotient": first / math.prod(others),
            "sum": first + sum(others),
            "difference": first - sum(others),
        }
        held &= {way for way, result in ways.items() if math.isclose(result, target, rel_tol=1e-9)}
    assert held


def test_the_demo_speaks_the_language_of_the_pack() -> None:
    story = simulate(setting_for(as_of=date(2026, 11, 22), years=1))
    figures = daily_figures(story)
    columns = [name for one in figures for name in one.columns]
    assert len(columns) == len(set(columns)), "a measure has one source of truth"
    from_orders = set(MEASURES) - set(columns)
    assert from_orders == {
        "gross_revenue", "cancelled_value", "guest_revenue", "orders", "cancelled_orders", "order_lines", "units",
        "active_customers", "new_customers",
    }  # fmt: skip
    assert set(columns) <= set(MEASURES)
    assert {d for one in figures for code, _values in one.dimensions for d in code.split("|")} <= DIMENSIONS
    assert {*YEARLY_SUMS, *LEVELS, *PROMISES} <= set(INDICATORS)
    assert {code for event in planted(date(2026, 11, 22)).values() for code in event.indicators} <= set(
        INDICATORS
    )
