"""An instance in use gets the names retailers use, and keeps the names it gave itself."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from kpis.models import Dimension, Indicator, Measure

SHIPPED = {
    "gross_revenue": ("Chiffre d'affaires brut", "CA TTC brut"),
    "aov": ("Panier de l'année, à nous", "Panier de l’année, à nous"),
    "units": ("5' d'écart", "5' d’écart"),
}


@pytest.mark.django_db
def test_shipped_names_become_those_of_retailers_and_own_names_stay() -> None:
    for code, (old, _new) in SHIPPED.items():
        Indicator.objects.update_or_create(
            code=code,
            defaults={
                "name_fr": old,
                "name_en": "Own",
                "formula": code,
                "unit": "count",
                "definition_fr": "L'un",
            },
        )
    Dimension.objects.update_or_create(code="axis", defaults={"name_fr": "Type d'achat", "name_en": "Kind"})
    name = {"name_fr": "Affichage principal\u202f: pages vues jusqu'à 1 s", "name_en": "LCP: up to 1 s"}
    Measure.objects.update_or_create(code="first_bucket", defaults={"unit": "count", **name})
    import_module("kpis.migrations.0011_names_of_retailers").rename(
        None, SimpleNamespace(connection=connection)
    )
    found = Indicator.objects.in_bulk(list(SHIPPED), field_name="code")
    assert {code: found[code].name_fr for code in SHIPPED} == {
        code: new for code, (_old, new) in SHIPPED.items()
    }
    assert {row.definition_fr for row in found.values()} == {"L’un"}
    assert Dimension.objects.get(code="axis").name_fr == "Type d’achat"
    measure = Measure.objects.get(code="first_bucket")
    assert (measure.name_fr, measure.name_en) == ("LCP\u202f: pages vues jusqu’à 1 s", "LCP: up to 1 s")
