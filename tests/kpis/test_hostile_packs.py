"""Packs with slips a person makes: told with their place, and nothing changes."""

import pytest

from kpis.models import Indicator, Measure
from kpis.packs.load import load_pack
from kpis.packs.read import PackError
from tests.kpis.world import World

CLICKS = '[[measure]]\ncode = "clicks"\nunit = "count"\n'
RATE = '[[indicator]]\ncode = "rate"\nformula = "clicks"\nunit = "count"\n'


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
        ("".join(f'[[indicator]]\ncode = "i{n}"\n' for n in range(20_000)), ("indicator", "20000", "1000")),
        ('[[dimension]]\ncode = "sessions"\n', ("sessions",)),  # a measure the instance has already
    ],
)
def test_a_slip_is_told_with_its_place(world: World, text: str, named: tuple[str, ...]) -> None:
    before = Measure.objects.count(), Indicator.objects.count()
    with pytest.raises(PackError) as refused:
        load_pack(text)
    for name in named:
        assert name in str(refused.value)
    assert (Measure.objects.count(), Indicator.objects.count()) == before
