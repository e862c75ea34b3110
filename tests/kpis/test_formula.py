"""The KPI language: reading, checking, expanding and evaluating formulas."""

import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kpis.formula import (
    BinOp,
    FormulaError,
    Neg,
    Node,
    Number,
    Percentile,
    Ref,
    check_all,
    counted,
    denominator,
    evaluate,
    evaluate_arrays,
    expand,
    is_additive,
    parse,
    references,
    to_text,
)

CODES = ["orders", "sessions", "gross_revenue", "carts"]
WHERES = st.dictionaries(st.sampled_from(["channel", "device"]), st.text(max_size=8), max_size=2)
REFS = st.builds(
    Ref, st.sampled_from(CODES), WHERES.map(lambda where: tuple(sorted(where.items()))), at=st.just(0)
)
# Quarters are exact in decimals and in floats alike, so both arithmetics can be compared.
QUARTERS = st.integers(-4000, 4000).map(lambda n: Decimal(n) / 4)
NUMBERS = QUARTERS.map(lambda value: Number(abs(value)))


def nodes(leaf: st.SearchStrategy[Node], operators: str, leaves: int) -> st.SearchStrategy[Node]:
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            st.builds(Neg, part, at=st.just(0)),
            st.builds(BinOp, st.sampled_from(operators), part, part, at=st.just(0)),
            *(
                [st.builds(percentile, st.integers(1, 99), st.lists(part, min_size=1, max_size=3))]
                if "/" in operators
                else []
            ),
        ),
        max_leaves=leaves,
    )


def percentile(share: int, counts: list[Node]) -> Percentile:
    bounds = [Decimal(10) * 2**n for n in range(len(counts))]
    return Percentile(Decimal(share), tuple(zip(counts, bounds, strict=True)), at=0)


NODES = nodes(st.one_of(REFS, NUMBERS), "+-*/", 12)


def d(text: str) -> Decimal:
    return Decimal(text)


def looked_up_in(values: Mapping[str, Decimal | None]) -> Callable[[Ref], Decimal | None]:
    return lambda ref: values[ref.code]


def value_of(text: str, **values: Decimal | None) -> Decimal | None:
    return evaluate(parse(text), looked_up_in(values))


# Reading


@given(NODES)
def test_what_is_written_is_read_back(node: Node) -> None:
    assert parse(to_text(node)) == node


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a+b*c", "a + b * c"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b/c)", "a / (b / c)"),
        ("-(a+b)", "-(a + b)"),
        ("a − b × c ÷ d", "a - b * c / d"),
        (' a [ device = "mobile" ,channel="SEA"]', 'a[channel="SEA", device="mobile"]'),
        (r'a[channel="le \"bon\" \\ coin"]', r'a[channel="le \"bon\" \\ coin"]'),
        ("100*a", "100 * a"),
        ("0.50", "0.50"),
    ],
)
def test_texts_read_as_expected(text: str, written: str) -> None:
    assert to_text(parse(text)) == written


@pytest.mark.parametrize(
    ("text", "position", "sentence"),
    [
        ("", 0, "is missing at the end"),
        ("orders /", 8, "a code, a number or an opening parenthesis is missing at the end"),
        ("orders sessions", 7, "an operator (+, -, *, /) is expected here, not “sessions”"),
        ("(orders", 7, "a closing parenthesis is missing"),
        ("orders)", 6, "not “)”"),
        ("a + % b", 4, "“%” is not part of the formula language"),
        ("1,5 * a", 1, "not “,”"),
        ('a[channel="SEA]', 10, "has no closing quote"),
        ("a[channel=SEA]", 10, "a value between double quotes is expected here, not “SEA”"),
        ('a["SEA"]', 2, "a dimension is expected here"),
        ('a[x="1" y="2"]', 8, "a comma or a closing bracket is expected"),
        ('a[x="1", x="2"]', 9, "“x” is filtered twice"),
        ('(a+b)[x="1"]', 5, "an operator"),
        ('2[x="1"]', 1, "an operator"),
        ("+a", 0, "a code"),
        ("(" * 41 + "a" + ")" * 41, 40, "nested too deeply"),
        ("-" * 5000 + "a", 250, "too long"),
        ("+".join(["a"] * 400), 250, "too long"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(text: str, position: int, sentence: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert sentence in caught.value.message
    assert caught.value.position == position
    assert str(caught.value).startswith(f"Character {position + 1}: ")


@given(st.text(max_size=30) | st.text('ab1.+-*/()[]=," ', max_size=30))
def test_any_text_is_a_formula_or_a_formula_error(text: str) -> None:
    try:
        node = parse(text)
    except FormulaError as error:
        node = Number(Decimal(error.position))
        assert 0 <= error.position <= len(text)  # noqa: PT017  # most texts are not formulas: both ways are right
    assert parse(to_text(node)) == node


def test_nodes_know_their_place() -> None:
    node = parse("orders / sessions")
    assert isinstance(node, BinOp)
    assert (node.left.at, node.at, node.right.at) == (0, 7, 9)


# Shape


def test_references_keep_their_filters() -> None:
    node = parse('-orders[channel="SEA"] / (orders + 2)')
    assert references(node) == {Ref("orders"), Ref("orders", (("channel", "SEA"),))}


FORMULAS = {
    "orders": parse("orders"),
    "gross_revenue": parse("gross_revenue"),
    "conversion_rate": parse("orders / sessions"),
    "aov": parse("gross_revenue / orders"),
    "revenue_per_session": parse("conversion_rate * aov"),
    "sea_rate": parse('conversion_rate[channel="SEA"]'),
    "sea_mobile_rate": parse('sea_rate[device="mobile"]'),
}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("sessions", "sessions"),
        ("orders", "orders"),
        ("revenue_per_session", "orders / sessions * (gross_revenue / orders)"),
        ('conversion_rate[channel="SEA"]', 'orders[channel="SEA"] / sessions[channel="SEA"]'),
        (
            "-sea_mobile_rate",
            '-(orders[channel="SEA", device="mobile"] / sessions[channel="SEA", device="mobile"])',
        ),
        ('sea_rate[channel="SEA"]', 'orders[channel="SEA"] / sessions[channel="SEA"]'),
    ],
)
def test_indicators_expand_to_measures(text: str, expanded: str) -> None:
    assert to_text(expand(parse(text), FORMULAS)) == expanded


def test_filters_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(FormulaError) as caught:
        expand(parse('aov + sea_rate[channel="SEO"]'), FORMULAS)
    assert "two values of “channel”: “SEA” and “SEO”" in caught.value.message
    assert caught.value.position == 6


def test_a_cycle_met_while_expanding_is_refused() -> None:
    formulas = {"a": parse("1 + b"), "b": parse("a / 2")}
    with pytest.raises(FormulaError, match="“a” is defined by itself: a → b → a"):
        expand(parse("2 * a"), formulas)


def test_a_formula_that_doubles_at_each_step_is_refused() -> None:
    formulas = {f"x{n + 1}": parse(f"x{n} + x{n}") for n in range(60)}
    with pytest.raises(FormulaError, match="too large"):
        expand(parse("x60"), formulas)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("orders / sessions", "sessions"),
        ("100 * (a - b) / c", "c"),
        ("(a / b) * 100", "b"),
        ("a / b / 1000", "b"),
        ("1 - a / (b + c)", "b + c"),
        ("a / b - 1", "b"),
        ("-(a / b)", "b"),
        ("a + b", None),
        ("a / 100", None),
        ("1 / a", None),
        ("a / b + c / d", None),
        ("a / b / c", None),
        ("a * b / c", None),
        ("(a + 1) / b", None),
        ("a / (b + 1)", None),
        ("a", None),
    ],
)
def test_the_denominator_is_the_weight_of_a_ratio(text: str, weight: str | None) -> None:
    found = denominator(parse(text))
    assert (found and to_text(found)) == weight


PARTS = st.lists(
    st.fixed_dictionaries({code: st.integers(1, 10**6).map(Decimal) for code in "abcd"}),
    min_size=1,
    max_size=6,
)


@given(nodes(st.one_of(st.sampled_from("abcd").map(Ref), NUMBERS), "+-*/", 8), PARTS)
def test_additive_formulas_add_up_and_ratios_average_by_their_denominator(
    node: Node, parts: list[dict[str, Decimal]]
) -> None:
    whole = {code: sum((part[code] for part in parts), Decimal()) for code in "abcd"}
    total, values = evaluate(node, looked_up_in(whole)), [evaluate(node, looked_up_in(p)) for p in parts]
    assume(total is not None and None not in values)
    if is_additive(node):
        assert nearly_equal([v or Decimal() for v in values], total or Decimal())
    weight = denominator(node)
    if weight is not None:
        weights = [evaluate(weight, looked_up_in(p)) or Decimal() for p in parts]
        weighted = [(v or Decimal()) * w for v, w in zip(values, weights, strict=True)]
        assert nearly_equal(weighted, (total or Decimal()) * sum(weights))


def nearly_equal(terms: list[Decimal], total: Decimal) -> bool:
    """Whether the terms sum to the total but for the last of 28 digits."""
    scale = max(*(abs(term) for term in terms), abs(total), Decimal(1))
    return abs(sum(terms) - total) <= scale * d("1e-20")


@pytest.mark.parametrize(
    ("text", "additive"),
    [
        ("a", True),
        ("2 * a - b / 4", True),
        ("-(a + b)", True),
        ("a + 1", False),
        ("a * b", False),
        ("a / b", False),
    ],
)
def test_what_adds_up(text: str, additive: bool) -> None:
    assert is_additive(parse(text)) is additive


# Checking

MEASURES = {
    "gross_revenue": "money",
    "ad_spend": "money",
    "orders": "count",
    "sessions": "count",
    "delay": "duration",
}


def errors_of(formula: str, unit: str, **others: tuple[str, str]) -> list[str]:
    catalogue = {**others, "kpi": (formula, unit)}
    return [str(error) for error in check_all(catalogue, MEASURES, {"channel", "device"})]


@pytest.mark.parametrize(
    ("formula", "unit"),
    [
        ("gross_revenue", "money"),
        ("gross_revenue - ad_spend", "money"),
        ("gross_revenue - 10", "money"),
        ("gross_revenue / orders", "money"),
        ("orders / sessions", "ratio"),
        ("1 - orders / sessions", "ratio"),
        ("gross_revenue / ad_spend", "score"),
        ("100 * delay / orders", "duration"),
        ("gross_revenue * orders / ad_spend", "count"),
        ("gross_revenue * gross_revenue / ad_spend", "money"),
        ("10 / delay * delay", "count"),
        ("42", "money"),
        ('orders[channel="SEA", device="mobile"] / orders', "ratio"),
        ("-gross_revenue", "money"),
        ("aov * orders", "money"),
    ],
)
def test_sound_formulas_pass(formula: str, unit: str) -> None:
    assert errors_of(formula, unit, aov=("gross_revenue / orders", "money")) == []


@pytest.mark.parametrize(
    ("formula", "unit", "error"),
    [
        ("orders / sesions", "ratio", "kpi, character 10: “sesions” is neither a measure nor an indicator."),
        ('orders[chanel="SEA"]', "count", "kpi, character 1: “chanel” is not a dimension."),
        (
            "orders +",
            "count",
            "kpi, character 9: a code, a number or an opening parenthesis is missing at the end.",
        ),
        ("2 + kpi", "count", "kpi, character 5: “kpi” is defined by itself: kpi → kpi."),
        (
            "gross_revenue",
            "count",
            "kpi, character 1: the formula gives money, but the unit declared is “count”.",
        ),
        (
            "orders / gross_revenue",
            "ratio",
            "kpi, character 8: the formula gives 1 / money, but the unit declared is “ratio”.",
        ),
        (
            "gross_revenue * gross_revenue / delay",
            "money",
            "kpi, character 31: the formula gives money^2 / duration, but the unit declared is “money”.",
        ),
        ("orders / sessions + delay", "ratio", "kpi, character 19: “+” joins a plain number and duration."),
        (
            "orders",
            "euros",
            "kpi, character 1: “euros” is not a unit: use one of money, duration, count, ratio, score.",
        ),
    ],
)
def test_unsound_formulas_are_told_with_their_place(formula: str, unit: str, error: str) -> None:
    assert errors_of(formula, unit) == [error]


def test_a_code_shared_with_a_measure_must_show_that_measure() -> None:
    good = {"orders": ("orders", "count"), "rate": ("orders / sessions", "ratio")}
    assert check_all(good, MEASURES, ()) == []
    [error] = check_all({"orders": ("orders * 2", "count")}, MEASURES, ())[:1]
    assert "“orders” is a measure too" in str(error)


def test_an_indicator_of_its_own_code_without_a_measure_is_a_cycle() -> None:
    assert [e.code for e in check_all({"x": ("x", "count")}, MEASURES, ())] == ["x"]


def test_every_error_of_a_catalogue_is_told_once() -> None:
    catalogue = {
        "a": ("b + 1", "count"),
        "b": ("c", "count"),
        "c": ("a", "count"),
        "e": ("f", "count"),
        "f": ("e", "count"),
        "g": ("nowhere", "count"),
        "h": ("orders (", "count"),
    }
    errors = check_all(catalogue, MEASURES, ())
    assert sorted(e.code[0] for e in errors if "defined by itself" in e.message) in (["a", "e"], ["a", "f"],
        ["b", "e"], ["b", "f"], ["c", "e"], ["c", "f"])  # fmt: skip
    assert [e.code for e in errors if "defined by itself" not in e.message] == ["h", "g"]


def test_contradicting_filters_of_nested_indicators_are_told() -> None:
    catalogue = {
        "sea": ('orders[channel="SEA"]', "count"),
        "both": ('1 + sea[channel="SEO"]', "count"),
    }
    [error] = check_all(catalogue, MEASURES, {"channel"})
    assert (error.code, error.position) == ("both", 4)


def test_the_shipped_pack_is_sound() -> None:
    path = Path(__file__).parents[2] / "kpis" / "packs" / "ecommerce.toml"
    pack = tomllib.loads(path.read_text(encoding="utf-8"))
    indicators = {i["code"]: (i["formula"], i["unit"]) for i in pack["indicator"]}
    measures = {m["code"]: m["unit"] for m in pack["measure"]}
    assert check_all(indicators, measures, {x["code"] for x in pack["dimension"]}) == []


# Evaluating


def test_decimals_are_exact() -> None:
    assert value_of("a + b - a", a=d("0.1"), b=d("12345678901234567890.123")) == d("12345678901234567890.123")
    assert value_of("a * b", a=d("12345678901234567890.123"), b=d("9876543210.99")) == (
        d("121932631137050754224700563926.05177")
    )
    third = value_of("a / b", a=d("1"), b=d("3"))
    assert third is not None
    assert abs(third * 3 - 1) < d("1e-28")


@pytest.mark.parametrize("text", ["a + 1", "1 - a", "a * 0", "0 / a", "a / a", "-a"])
def test_a_blank_operand_makes_the_result_blank(text: str) -> None:
    assert value_of(text, a=None) is None
    assert np.isnan(evaluate_arrays(parse(text), lambda _ref: np.array([np.nan]))).all()


@pytest.mark.parametrize("text", ["a / b", "0 / b", "a / (b - b)", "1 + a / b", "a / 0"])
def test_a_division_by_zero_is_blank(text: str) -> None:
    assert value_of(text, a=d("5"), b=d("0")) is None
    arrays = {"a": np.array([5.0]), "b": np.array([0.0])}
    assert np.isnan(evaluate_arrays(parse(text), lambda ref: arrays[ref.code])).all()


def test_zero_is_a_value() -> None:
    assert value_of("a / b", a=d("0"), b=d("5")) == 0


def test_amounts_that_cancel_out_are_zero_in_arrays_as_in_decimals() -> None:
    arrays = {"a": np.array([0.1]), "b": np.array([0.2]), "c": np.array([0.3])}
    assert np.isnan(evaluate_arrays(parse("a / (a + b - c)"), lambda ref: arrays[ref.code])).all()


def test_arrays_broadcast_and_a_constant_is_an_array() -> None:
    arrays = {"a": np.ones((3, 1)), "b": np.full((1, 4), 2.0)}
    assert evaluate_arrays(parse("a / b"), lambda ref: arrays[ref.code]).tolist() == [[0.5] * 4] * 3
    assert evaluate_arrays(parse("2 * 3"), lambda ref: arrays[ref.code]).shape == ()


# Three factors of 12 bits are exact in floats: the two arithmetics must then say zero, and blank, alike.
SMALL = nodes(st.one_of(REFS, NUMBERS), "+-*", 3)
QUOTIENTS = st.builds(BinOp, st.sampled_from("+-*/"), SMALL, SMALL, at=st.just(0))
COMPARABLE = QUOTIENTS | st.builds(BinOp, st.sampled_from("+-*/"), NUMBERS, QUOTIENTS, at=st.just(0))
ROWS = st.lists(st.fixed_dictionaries({c: st.none() | QUARTERS for c in CODES}), min_size=1, max_size=4)


@pytest.mark.filterwarnings("error")
@given(COMPARABLE, ROWS)
def test_decimals_and_arrays_agree(node: Node, rows: list[dict[str, Decimal | None]]) -> None:
    columns = {c: np.array([np.nan if r[c] is None else float(r[c] or 0) for r in rows]) for c in CODES}
    found = np.broadcast_to(evaluate_arrays(node, lambda ref: columns[ref.code]), len(rows))
    for row, value in zip(rows, found, strict=True):
        exact = evaluate(node, looked_up_in(row))
        expected = np.nan if exact is None else float(exact)
        assert value == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True)


def test_reading_formulas_does_not_load_numpy() -> None:
    program = "import sys, kpis.formula; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# Percentiles of histograms

LCP = "percentile(75, fast: 1000, fair: 2000, slow: 4000)"


@pytest.mark.parametrize(
    ("counts", "p75"),
    [
        ((100, 0, 0), "750"),  # three quarters of the way through the only bucket
        ((50, 50, 0), "1500"),
        ((75, 0, 25), "1000"),  # the bound itself, not the start of the next bucket that counts anything
        ((74, 0, 26), "2076.923"),
        ((0, 0, 8), "3500"),
        ((0, 0, 0), None),
        ((5, None, 1), None),
        ((5, -1, 1), None),
    ],
)
def test_a_percentile_lies_where_its_share_of_what_was_counted_falls(
    counts: tuple[int | None, ...], p75: str | None
) -> None:
    values = {
        name: None if count is None else Decimal(count)
        for name, count in zip(("fast", "fair", "slow"), counts, strict=True)
    }
    found = evaluate(parse(LCP), looked_up_in(values))
    assert (found and round(found, 3)) == (p75 and d(p75))
    arrays = {name: np.array([np.nan if v is None else float(v)]) for name, v in values.items()}
    [floating] = evaluate_arrays(parse(LCP), lambda ref: arrays[ref.code])
    assert floating == pytest.approx(float(found), rel=1e-12) if found is not None else np.isnan(floating)


@given(
    st.lists(st.integers(0, 10_000), min_size=3, max_size=3).filter(any),
    st.lists(st.integers(0, 10_000), min_size=3, max_size=3).filter(any),
    st.integers(1, 99),
)
def test_the_percentile_of_two_days_lies_between_theirs(one: list[int], two: list[int], share: int) -> None:
    def of(counts: list[int]) -> Decimal:
        text = LCP.replace("75", str(share), 1)
        names = dict(zip(("fast", "fair", "slow"), map(Decimal, counts), strict=True))
        value = evaluate(parse(text), looked_up_in(names))
        assert value is not None
        return value

    both = of([a + b for a, b in zip(one, two, strict=True)])
    least, most = sorted([of(one), of(two)])
    assert least - Decimal("1e-30") <= both <= most + Decimal("1e-30")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("percentile(75)", "bounds rise"),
        ("percentile(0, a: 1)", "between 0 and 100"),
        ("percentile(100, a: 1)", "between 0 and 100"),
        ("percentile(75, a: 2, b: 2)", "bounds rise"),
        ("percentile(75, a: 0)", "bounds rise from above 0"),
        ("percentile(75, a)", "a colon and the upper bound is expected here"),
        ("percentile(75, a: b)", "a number is expected here"),
        ("percentile(75, a: 1", "is missing at the end"),
    ],
)
def test_a_percentile_that_cannot_be_is_told(text: str, said: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert said in str(caught.value)


def test_a_percentile_counts_and_weighs_by_all_it_counts() -> None:
    assert errors_of("percentile(50, orders: 1, sessions: 2.5)", "duration") == []
    [error] = errors_of("percentile(50, orders: 1, gross_revenue: 2)", "duration")
    assert "a bucket of a percentile counts: money is no count" in error
    node = expand(parse('percentile(50, aov: 1, b[x="1"]: 2)'), {"aov": parse("a + c")})
    assert to_text(node) == 'percentile(50, a + c: 1, b[x="1"]: 2)'
    assert denominator(node) is None
    weight = counted(node)
    assert weight is not None
    assert to_text(weight) == 'a + c + b[x="1"]'
    assert not is_additive(node)
    assert {ref.code for ref in references(node)} == {"a", "b", "c"}


def test_percentile_can_still_be_the_code_of_a_measure() -> None:
    assert value_of("percentile / 2", percentile=d("8")) == 4
