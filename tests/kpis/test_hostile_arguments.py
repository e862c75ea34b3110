"""Arguments nobody should give on a command line: each is one plain sentence, and nothing changes."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from intake.models import ImportRun
from kpis.models import Indicator, NightlyRun, Target
from tests.kpis.world import World

FIGURES = (
    *(
        "sNaN",
        "-sNaN",
        "nan123",
        "NaN",
        "Infinity",
        "-inf",
        "1e30",
        "1e999999999",
        "1e9999999999999999999",
        "1e-999999",
    ),
    *("", " ", "--", "1_000", "٣", "0x10", "1,5", "1 000", "9" * 100_000, "\udcff", "1\0", "1\n2", "=2+2"),
)
DATES = (
    *(
        "",
        "0000-00-00",
        "2028-02-30",
        "0001-01-01",
        "9999-12-31",
        "2028-1-1",
        "99999-01-01",
        "-2028-01-01",
        "٢٠٢٨-٠١-٠١",
    ),
    *("2028-W01-1", "20280101", "2028-01-01T00:00", "\udcff", "2028-01-01\0", "x" * 100_000, "2028-01-01\n"),
)
CODES = (
    "",
    ",",
    "\0",
    "\udcff",
    "x" * 100_000,
    "orders\0",
    "orders\n",
    "orders,\udcff",
    "'; --",
    "ＯＲＤＥＲＳ",
    "..",
)
PAIRS = (
    "",
    "=",
    "=SEA",
    "channel",
    "channel=\0",
    "channel=\udcff",
    "\udcff=SEA",
    "channel=" + "x" * 100_000,
    "planet=1",
)
DAYS = ("--start", "2028-01-01", "--end", "2028-01-31")
VALUES = ("kpi_values", "--grain", "day", "--as-of", "2028-01-02")
TARGET = ("set_target", "--indicator", "orders", *DAYS)


def _questions() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    found += [(*TARGET, f"--value={figure}") for figure in FIGURES]
    found += [(*TARGET, f"--low={figure}", "--high=5") for figure in FIGURES]
    found += [(*TARGET, "--value=1", f"--where={pair}") for pair in PAIRS]
    found += [(*TARGET[:3], "--value=1", f"--start={day}", "--end=2028-01-31") for day in DATES]
    found += [("set_target", f"--indicator={code}", *DAYS, "--value=1") for code in CODES]
    found += [(*VALUES, f"--indicator={code}") for code in CODES]
    found += [(*VALUES, "--indicator=orders", f"--where={pair}") for pair in PAIRS]
    found += [(*VALUES, "--indicator=orders", f"--by={code}") for code in CODES if code.strip(",")]
    found += [(*VALUES, "--indicator=orders", f"--compare={code}") for code in CODES if code.strip(",")]
    found += [
        (*VALUES, "--indicator=orders", f"--last={n}") for n in ("", "-1", "1e3", "9" * 5_000, "٣٣٣٣٣٣", "\0")
    ]
    found += [(*VALUES[:3], "--indicator=orders", f"--as-of={day}") for day in DATES]
    found += [(*VALUES[:3], "--indicator=orders", f"--start={day}", "--end=2028-01-31") for day in DATES]
    found += [
        (*VALUES[:2], grain, "--indicator=orders") for grain in ("", "DAY", "\udcff", "x" * 100_000, "day\0")
    ]
    found += [("deviations", f"--as-of={day}") for day in DATES]
    found += [("deviations", f"--state={state}") for state in ("", "\0", "\udcff", "x" * 100_000)]
    found += [("recompute", f"--as-of={day}") for day in DATES]
    found += [
        ("import_data", path) for path in ("", "\0", "/", "/dev/zero", "\udcff", "x" * 100_000, "/nowhere\n")
    ]
    found += [
        ("import_data", __file__, f"--mapping={path}") for path in ("", "\0", "/", "/dev/zero", "x" * 100_000)
    ]
    found += [("import_data", __file__, f"--kind={kind}") for kind in ("", "\0", "\udcff", "x" * 100_000)]
    found += [
        ("import_data", __file__, f"--source={code}") for code in (" ", "\0", "\udcff", "x" * 100_000, "a b")
    ]
    found += [("import_data", __file__, f"--covers={code}") for code in ("", "\0", "\udcff", "all")]
    found += [("undo_import", run) for run in ("", "0", "-1", "9" * 30, "9" * 5_000, "\0", "1.5", "٣")]
    found += [("load_pack", path) for path in ("", "\0", "/", "/dev/zero", "\udcff", "x" * 100_000)]
    # Contradictory and repeated.
    found += [
        (*TARGET, "--value=1", "--low=1", "--high=2"),
        (*TARGET, "--value=1", "--high=2"),
        (*TARGET, "--value=1", "--value=2"),
        (*TARGET, "--value=1", "--start", "2028-01-02"),
        (*TARGET, "--value=1", "--where", "channel=SEA", "--where", "channel=SEO"),
        (*VALUES, "--indicator=orders", *DAYS, "--last=2"),
        (*VALUES, "--indicator=orders", "--as-of", "2028-01-03"),
        (*VALUES, "--indicator=orders", "--indicator=aov"),
        (*VALUES, "--indicator=orders", "--grain", "week"),
        ("deviations", "--as-of", "2028-01-01", "--as-of", "2028-01-02"),
        ("deviations", "--state", "open", "--state", "closed"),
        ("recompute", "--as-of", "2028-01-01", "--as-of", "2028-01-02"),
        ("import_data", __file__, "--kind=orders", "--kind=facts"),
    ]
    return found


def _state() -> tuple[int, ...]:
    return (
        *(Target.objects.count(), ImportRun.objects.count(), NightlyRun.objects.count()),
        Indicator.objects.count(),
    )


@pytest.mark.parametrize(
    "command",
    ["kpi_values", "set_target", "deviations", "recompute", "import_data", "undo_import", "load_pack"],
)
def test_each_is_told_in_one_plain_sentence(world: World, tmp_path: Path, command: str) -> None:
    world.orders("O1,2028-01-01,x,1,10,,SEA,", "O2,2028-01-02,x,1,30,,SEA,")
    before, faults = _state(), []
    for words in [words for words in _questions() if words[0] == command]:
        try:
            call_command(*words)
        except CommandError as refused:
            said = str(refused)[:400] if str(refused).startswith("Error: ") else str(refused)
            if not said or "\n" in said or len(said) > 400 or "\0" in said or not said.isprintable():
                faults.append(f"{words!r:.160}: {said!r:.200}")
        except BaseException as fault:  # whatever it is, it is told with its question
            faults.append(f"{words!r:.160}: {fault!r:.200}")
        else:
            faults.append(f"{words!r:.160}: taken")
    assert faults == []
    assert _state() == before
