"""A file whose rows a later one has replaced is not "unchanged": importing it again puts it back in force."""

from pathlib import Path

import pytest
from django.core.management import call_command

from intake.models import ImportRun
from intake.runs import import_file
from kpis.models import CustomerOrder

pytestmark = pytest.mark.django_db

HEAD = "order_id,order_date,quantity,unit_price\n"


def give(folder: Path, name: str, *rows: str) -> ImportRun:
    path = folder / name
    path.write_text(HEAD + "\n".join(rows) + "\n")
    return import_file(path)


def prices() -> list[tuple[str, int]]:
    live = CustomerOrder.objects.filter(superseded_by=None).order_by("reference")
    return [(order.reference, int(order.lines.get().amount)) for order in live]


def test_the_older_file_comes_back_in_force(tmp_path: Path) -> None:
    call_command("ensure_instance")
    assert give(tmp_path, "a.csv", "1,2026-01-01 10:00,1,5", "2,2026-01-02 10:00,1,6").state == "done"
    assert give(tmp_path, "a.csv", "1,2026-01-01 10:00,1,5", "2,2026-01-02 10:00,1,6").state == "unchanged"
    assert give(tmp_path, "b.csv", "2,2026-01-02 11:00,1,9").state == "done"
    assert prices() == [("1", 5), ("2", 9)]
    again = give(tmp_path, "a.csv", "1,2026-01-01 10:00,1,5", "2,2026-01-02 10:00,1,6")
    assert again.state == "done"
    assert prices() == [("1", 5), ("2", 6)]
