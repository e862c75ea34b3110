"""The example of each kind of file, as its page hands it out, is a file that kind takes."""

import csv
from pathlib import Path

import pytest

from accounts.models import User
from intake.kinds import kind_for
from intake.models import State
from intake.presentation import example_rows
from intake.runs import import_file
from tests.cast import Cast
from tests.kpis.world import World


def given(kind: str, folder: Path, who: User) -> Path:
    path = folder / f"{kind}-example.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(example_rows(kind_for(kind), who))
    return path


@pytest.mark.parametrize("kind", ["orders", "facts"])
def test_the_example_is_recognised_and_taken_whole(
    world: World, tmp_path: Path, cast: Cast, kind: str
) -> None:
    run = import_file(given(kind, tmp_path, cast.analyst))
    assert (run.state, run.kind, run.rows_rejected, run.warnings) == (State.DONE, kind, 0, [])


def test_the_example_of_orders_holds_a_credit_note(world: World, tmp_path: Path, cast: Cast) -> None:
    import_file(given("orders", tmp_path, cast.analyst))
    assert world.value("gross_revenue", "2026-01-15", "2026-01-17") == pytest.approx(143.30)
    assert world.value("net_revenue", "2026-01-15", "2026-01-17") == pytest.approx(54.30)


def test_the_example_of_facts_needs_no_order_file(world: World, tmp_path: Path, cast: Cast) -> None:
    header = example_rows(kind_for("facts"), cast.analyst)[0]
    assert header[:2] == ["date", "channel"]
    assert not {"orders", "gross_revenue", "new_customers"} & set(header)
