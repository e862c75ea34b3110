"""Packs with slips a person makes: told with their place, and nothing changes."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from kpis.models import Indicator, Measure
from kpis.packs.load import load_pack
from kpis.packs.read import PackError
from tests.kpis.world import World, ask

CLICKS = '[[measure]]\ncode = "clicks"\nunit = "count"\n'
RATE = '[[indicator]]\ncode = "rate"\nformula = "clicks"\nunit = "count"\n'


def _formula(formula: object, code: str = "i") -> str:
    return f'[[indicator]]\ncode = "{code}"\nunit = "count"\nformula = {formula!r}\n'


def _chain(length: int) -> str:
    """Each indicator is the one before it and one."""
    return _formula("clicks", "i0") + "".join(_formula(f"i{n} + 1", f"i{n + 1}") for n in range(length))


def _ring(length: int) -> str:
    return "".join(_formula(f"i{(n + 1) % length}", f"i{n}") for n in range(length))


def _bushy() -> str:
    """Small formulas that are large once written out, each within its own bound."""
    parts = _formula("clicks" + " + clicks" * 99, "a") + _formula("a" + " + a" * 4, "b")
    return parts + "".join(_formula("b", f"i{n}") for n in range(400))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f'{CLICKS}over_tme = "last"\n', ("clicks", "over_tme")),
        ('[calendar]\nweekstart = "monday"\n', ("calendar", "weekstart")),
        (f"{CLICKS}{RATE}thresholds = {{ambre = -0.1}}\n", ("rate", "ambre")),
        (f"{CLICKS}{RATE}thresholds = {{amber = nan}}\n", ("rate", "thresholds")),
        (f"{CLICKS}{RATE}thresholds = {{red = -inf}}\n", ("rate", "thresholds")),
        (f"{CLICKS}{RATE}thresholds = {{red = 1e9}}\n", ("rate", "thresholds")),
        (f"{CLICKS}{RATE}decimals = true\n", ("rate", "decimals")),
        (f'{CLICKS}name = {{fr = "{"x" * 200}"}}\n', ("clicks", "120")),
        ('[[dimension]]\ncode = "customer"\n', ("dimension", "customer")),
        ('[[dimension]]\ncode = "unit_price"\n', ("dimension", "unit_price")),
        (f'{CLICKS}[[dimension]]\ncode = "clicks"\n', ("clicks",)),
        (f"{CLICKS}{RATE}decimals = {'9' * 900_000}\n", ("too many digits",)),
        ("".join(f'[[indicator]]\ncode = "i{n}"\n' for n in range(20_000)), ("indicator", "20000", "500")),
        (f'{CLICKS}{RATE}group = "{"g" * 31}"\n', ("rate", "group", "30")),
        (f'{CLICKS}{RATE}definition = {{fr = "{"é" * 5_001}"}}\n', ("rate", "definition", "5000")),
        (f"{CLICKS}{RATE}drivers = {['clicks'] * 21}\n", ("rate", "drivers", "20")),
        (f"{CLICKS}{RATE}drivers = ['{'d' * 61}']\n", ("rate", "drivers", "60")),
        (f"{CLICKS}{RATE}drivers = [1]\n", ("rate", "drivers")),
        (f"{CLICKS}{RATE}group = 7\n", ("rate", "group")),
        (f'{CLICKS}{RATE}headline = "no"\n', ("rate", "headline")),
        (f"{CLICKS}name = {{fr = 1}}\n", ("clicks", "name")),
        (f"{CLICKS}name = {{de = 'x'}}\n", ("clicks", "de")),
        (f"{CLICKS}{RATE}definition = {{en = 2026-01-01}}\n", ("rate", "definition")),
        (_formula("1" * 21), ("i", "20 digits")),
        (_formula("clicks + " * 500 + "clicks"), ("i", "formula", "4000")),
        (_formula("(" * 1_000), ("i", "too long")),
        (_formula("-" * 60 + "clicks"), ("i", "nested")),
        (_formula(7), ("i", "formula")),
        (CLICKS + _chain(400), ("i", "too large")),
        (_ring(400), ("i", "defined by itself", "…")),
        (
            CLICKS + "".join(_formula("clicks" + " + clicks" * 60, f"i{n}") for n in range(400)),
            ("formulas", "200000"),
        ),
        (CLICKS + _bushy(), ("written out", "100000")),
        ("".join(f"[t{n}]\n" for n in range(5_000)), ("Unknown table", "t0")),
        (f'[calendar]\ncurrency = "{"x" * 9_000}"\n', ("currency",)),
        (f'[calendar]\nweek_start = "{"x" * 9_000}"\n', ("week_start",)),
        ('[calendar]\ncurrency = "éée"\n', ("currency",)),
        ('[[dimension]]\ncode = "sessions"\n', ("sessions",)),  # a measure the instance has already
    ],
)
def test_a_slip_is_told_with_its_place(world: World, text: str, named: tuple[str, ...]) -> None:
    before = Measure.objects.count(), Indicator.objects.count()
    with pytest.raises(PackError) as refused:
        load_pack(text)
    for name in named:
        assert name in str(refused.value)
    assert len(str(refused.value)) <= 400
    assert "\n" not in str(refused.value)
    assert (Measure.objects.count(), Indicator.objects.count()) == before


def test_packs_add_up_to_no_more_than_one_may_hold(world: World) -> None:
    load_pack("".join(f'[[measure]]\ncode = "m{n}"\nunit = "count"\n' for n in range(480)))
    before = Measure.objects.count()
    with pytest.raises(PackError, match=r"measure: .* at most 500"):
        load_pack("".join(f'[[measure]]\ncode = "n{n}"\nunit = "count"\n' for n in range(480)))
    assert Measure.objects.count() == before


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"#" * 1_000_001, "é".encode() * 600_000, b"", None],
    ids=["bytes", "long", "é", "empty", "none"],
)
def test_a_file_that_is_no_pack_is_told_in_a_sentence(
    world: World, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "pack.toml"
    if content is not None:
        path.write_bytes(content)
    if content == b"":
        assert ask("load_pack", str(path)) == {"measures": 0, "indicators": 0, "dimensions": 0}
        return
    with pytest.raises(CommandError) as refused:
        ask("load_pack", str(path))
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400
