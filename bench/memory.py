"""Peak memory of every process of an instance while it imports ten times the lines, over that for the lines once."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.data import Orders, orders
from runtime.instance import ROOT, Instance
from runtime.postgres import Postgres
from runtime.processes import running_in
from runtime.supervisor import COMPUTING

TIMES = 10
_PAUSE = 0.02


def import_memory(folder: Path) -> dict[str, dict[str, Any]]:
    """``ratio`` is that of the peaks; ``bytes`` and ``baseline_bytes`` hold them."""
    given = orders(folder)
    once = _peak(given.times(1, folder), folder / "once")
    many = _peak(given.times(TIMES, folder), folder / "many")
    return {
        "import_memory": {
            "seconds": round(many[1], 3),
            "baseline_seconds": round(once[1], 3),
            "ratio": round(many[0] / once[0], 3),
            "rows": given.lines * TIMES,
            "bytes": many[0],
            "baseline_bytes": once[0],
        }
    }


def _peak(given: Orders, home: Path) -> tuple[int, float]:
    """Largest sum of proportional set sizes seen, in bytes, and the seconds the import took."""
    instance = Instance(home)
    instance.create()
    server = Postgres(instance)
    process = server.start()
    try:
        environment = os.environ | {"DATABASE_URL": server.url, "VIGIE_HOME": str(home), **COMPUTING}
        for command in (["migrate", "--verbosity", "0"], ["ensure_instance"]):
            subprocess.run([sys.executable, "manage.py", *command], env=environment, cwd=ROOT, check=True)
        return _watched(given.files[0], environment, server.data)
    finally:
        server.stop(process)


def _watched(path: Path, environment: dict[str, str], data: Path) -> tuple[int, float]:
    start, peak = time.perf_counter(), 0
    command = [sys.executable, "manage.py", "import_data", str(path)]
    with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as importer:
        while importer.poll() is None:
            peak = max(peak, sum(map(_proportional_size, [importer.pid, *running_in(data)])))
            time.sleep(_PAUSE)
    if importer.returncode:
        raise RuntimeError(f"The import of {path} failed.")
    return peak, time.perf_counter() - start


def _proportional_size(pid: int) -> int:
    """Memory of a process with its share of what it shares, in bytes; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)
