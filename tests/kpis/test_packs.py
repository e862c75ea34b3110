"""Packs: what loads, what is refused and where, and that an export loads back to the same."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from base.models import Company
from kpis.models import Dimension, Indicator, Measure
from kpis.packs.load import load_pack
from kpis.packs.read import PackError
from kpis.packs.write import export_pack
from tests.kpis.world import World, ask, pack_text

SHIPPED = Path(__file__).resolve().parents[2] / "kpis" / "packs" / "ecommerce.toml"
FIELDS: dict[Any, tuple[str, ...]] = {
    Dimension: ("code", "name_fr", "name_en", "position"),
    Measure: ("code", "name_fr", "name_en", "unit", "over_time", "over_segments"),
    Indicator: (
        *("code", "name_fr", "name_en", "formula", "unit", "direction", "decimals", "group", "position"),
        *("headline", "drivers", "amber", "red", "definition_fr", "definition_en"),
    ),
    Company: ("week_start", "fiscal_year_start", "currency", "country", "timezone", "open_weekdays"),
}


def catalogue() -> dict[str, list[Any]]:
    return {model.__name__: sorted(model.objects.values_list(*names)) for model, names in FIELDS.items()}


@pytest.mark.parametrize("text", [pack_text(), SHIPPED.read_text(encoding="utf-8")], ids=["tests", "shipped"])
def test_an_export_loads_back_to_the_same(db: None, text: str) -> None:
    load_pack(text)
    before, exported = catalogue(), export_pack()
    assert len(before["Indicator"]) == len(tomllib.loads(text)["indicator"])
    for model in FIELDS:
        model.objects.all().delete()
    load_pack(exported)
    assert catalogue() == before
    assert export_pack() == exported


def test_awkward_texts_survive_the_round_trip(db: None) -> None:
    load_pack(pack_text())
    awkward = 'He said "no" \\ to 100 %\n…\tand \u00e9t\u00e9'
    Indicator.objects.filter(code="aov").update(
        definition_fr=awkward, name_en="a'b\"c", amber="-0.02", red="-0.05"
    )
    before = catalogue()
    load_pack(export_pack())
    assert catalogue() == before


def test_loading_over_an_instance_changes_what_the_pack_says_and_keeps_the_rest(world: World) -> None:
    count = Indicator.objects.count()
    load_pack(
        '[[indicator]]\ncode = "aov"\nformula = "net_revenue / orders"\nunit = "money"\n'
        '[[indicator]]\ncode = "basket"\nformula = "units / orders"\nunit = "score"\n'
    )
    assert Indicator.objects.count() == count + 1
    assert Indicator.objects.get(code="aov").formula == "net_revenue / orders"
    assert Company.current().currency == "EUR"


INDICATOR = '[[indicator]]\ncode = "x"\nformula = "orders"\nunit = "count"\n'
MEASURE = '[[measure]]\ncode = "clicks"\n'
# What is wrong, and what the sentence must name.
WRONG = [
    ("[[indicator", ("TOML",)),
    ("[[wish]]\ncode = 1", ("wish",)),
    ('[calendar]\nweek_start = "noday"', ("week_start", "noday")),
    ("[calendar]\nfiscal_year_start = 13", ("fiscal_year_start", "13")),
    ('[calendar]\ntimezone = "Mars/Base"', ("timezone", "Mars/Base")),
    ('[calendar]\ncurrency = "EURO"', ("currency",)),
    ("[calendar]\nopen_weekdays = [0]", ("open_weekdays", "0")),
    ("[calendar]\nopen_weekdays = 3", ("open_weekdays",)),
    ("calendar = 3", ("calendar",)),
    ('dimension = ["channel"]', ("dimension",)),
    ('[[dimension]]\ncode = "Bad Code"', ("dimension", "Bad Code")),
    ('[[dimension]]\ncode = "date"', ("dimension", "date")),
    ('[[measure]]\nunit = "count"', ("measure",)),
    (f'{MEASURE}unit = "pounds"', ("clicks", "unit", "pounds")),
    (MEASURE, ("clicks", "unit")),
    (f'{MEASURE}unit = "count"\nover_time = "often"', ("clicks", "over_time", "often")),
    (f'{MEASURE}unit = "count"\nname = "Clicks"', ("clicks", "name")),
    (f'{MEASURE}unit = "count"\n{MEASURE}unit = "money"', ("clicks",)),
    ('[[measure]]\ncode = "aov"\nunit = "money"', ("aov",)),
    ('[[indicator]]\ncode = "x"\nunit = "ratio"', ("x",)),
    ('[[indicator]]\ncode = "x"\nformula = "orders /"\nunit = "ratio"', ("x",)),
    ('[[indicator]]\ncode = "x"\nformula = "orders / wishes"\nunit = "ratio"', ("x", "wishes")),
    ('[[indicator]]\ncode = "x"\nformula = "gross_revenue + orders"\nunit = "money"', ("x",)),
    ('[[indicator]]\ncode = "x"\nformula = "gross_revenue"\nunit = "count"', ("x",)),
    ('[[indicator]]\ncode = "x"\nformula = \'orders[planet="Mars"]\'\nunit = "count"', ("x", "planet")),
    ('[[indicator]]\ncode = "orders"\nformula = "units"\nunit = "count"', ("orders",)),
    (
        '[[indicator]]\ncode = "x"\nformula = "y"\nunit = "count"\n'
        '[[indicator]]\ncode = "y"\nformula = "x"\nunit = "count"',
        ("x", "y"),
    ),
    (f'{INDICATOR}direction = "sideways"', ("x", "direction")),
    (f'{INDICATOR}thresholds = {{amber = "soon"}}', ("x", "thresholds")),
    (f"{INDICATOR}thresholds = 3", ("x", "thresholds")),
    (f'{INDICATOR}drivers = "orders"', ("x", "drivers")),
    (f'{INDICATOR}drivers = ["wishes"]', ("x", "wishes")),
    (f'{INDICATOR}decimals = "two"', ("x", "decimals")),
    (f'{INDICATOR}definition = "text"', ("x", "definition")),
]


@pytest.mark.parametrize(
    ("text", "named"), WRONG, ids=[text.replace("\n", " ")[:70] for text, _named in WRONG]
)
def test_a_bad_pack_is_refused_with_the_place_and_changes_nothing(
    world: World, text: str, named: tuple[str, ...]
) -> None:
    before = catalogue()
    with pytest.raises(PackError) as refused:
        load_pack(text)
    assert [name for name in named if name not in str(refused.value)] == []
    assert catalogue() == before


# ---- the commands -----------------------------------------------------------------------------------------------


def test_load_pack_counts_what_the_file_holds(db: None, tmp_path: Path) -> None:
    path = tmp_path / "pack.toml"
    path.write_text(pack_text(), encoding="utf-8")
    assert ask("load_pack", str(path)) == {"measures": 16, "indicators": 25, "dimensions": 3}


def test_export_pack_wraps_its_text_in_json(world: World) -> None:
    document = ask("export_pack")
    assert list(document) == ["pack"]
    assert len(tomllib.loads(document["pack"])["indicator"]) == 25


def test_a_pack_that_cannot_be_read_is_one_plain_sentence(db: None, tmp_path: Path) -> None:
    binary = tmp_path / "pack.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(CommandError) as refused:
            call_command("load_pack", str(path), "--json")
        assert "\n" not in str(refused.value)
    assert not Measure.objects.exists()


def test_a_formula_s_place_is_told_by_the_command(world: World, tmp_path: Path) -> None:
    path = tmp_path / "pack.toml"
    path.write_text(
        '[[indicator]]\ncode = "x"\nformula = "orders / wishes"\nunit = "ratio"\n', encoding="utf-8"
    )
    with pytest.raises(CommandError) as refused:
        call_command("load_pack", str(path))
    assert "x" in str(refused.value)
    assert "wishes" in str(refused.value)
    assert "\n" not in str(refused.value)
