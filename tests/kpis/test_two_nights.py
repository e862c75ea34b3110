"""Two who ask for the night of one day get one night, and both get it whole."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from kpis.models import NightlyRun, NightState
from kpis.nightly import run_night
from tests.kpis.world import furnish


@pytest.mark.django_db(transaction=True)
def test_two_at_once_share_one_night_and_see_its_end(tmp_path: Path) -> None:
    world = furnish(tmp_path)
    world.orders(*[f"O{n},2028-01-{n:02} 10:00,x,1,{n},c{n},SEA," for n in range(1, 29)])

    def night(_number: int) -> NightlyRun:
        try:
            return run_night(as_of=date(2028, 1, 28))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(night, range(3)))
    assert {run.state for run in runs} == {NightState.DONE}
    assert {run.gaps > 0 for run in runs} == {True}
