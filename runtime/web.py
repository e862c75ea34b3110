"""The web server: ``python -m runtime.web [--host H] [--port N]``. The one place that says how it is started.

What makes a request and an answer is in asgi.py, what a client may take its time for in connections.py.
"""

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

from runtime.connections import LARGEST_HEADERS, MOST
from runtime.environment import whole_number

_DAY = 24 * 3600
_GRACE = 5  # seconds given to requests under way when stopping
_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.line_formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "propagate": False, "level": "ERROR"}},
}


def settings(host: str, port: int, workers: int) -> dict[str, Any]:
    """What uvicorn is told."""
    return {
        "app": "config.asgi:application",
        "host": host,
        "port": port,
        "workers": workers,
        "http": "runtime.connections:Connection",
        "ws": "none",
        "lifespan": "off",
        "loop": "asyncio",
        "interface": "asgi3",
        "proxy_headers": False,  # whom to believe is the application's to say: TRUSTED_PROXY_COUNT
        "server_header": False,
        "access_log": False,  # config/request_log.py tells of requests
        "log_config": _LOGGING,
        "log_level": "error",  # what it warns of is the nonsense that strangers send
        "h11_max_incomplete_event_size": LARGEST_HEADERS,
        "timeout_keep_alive": 3600,  # runtime/connections.py ends what idles
        "timeout_graceful_shutdown": _GRACE,
        "timeout_worker_healthcheck": 30,  # on a machine that swaps, a slow process is no dead one
    }


def _open_files() -> None:
    """A connection is an open file, and so may be its body and its answer: as many as we may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST if hard == resource.RLIM_INFINITY else min(4 * MOST, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _temporary_files(home: Path) -> None:
    """Bodies and uploads on the disk of the instance: /tmp may be memory, and small. TMPDIR, where set, is kept."""
    folder = home / "tmp"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():  # by a process that was killed
        with suppress(OSError):  # gone meanwhile, or not ours to remove: the start does not hang on it
            if left.lstat().st_mtime < time.time() - _DAY:
                _remove(left)
    os.environ.setdefault("TMPDIR", str(folder))
    tempfile.tempdir = None


def _remove(left: Path) -> None:
    """A file, or a folder with all it holds; of a link, the link."""
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left)
    else:
        left.unlink()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m runtime.web")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=whole_number("WEB_WORKERS", 2))
    options = parser.parse_args(arguments)
    _open_files()
    _temporary_files(Path(os.environ.get("VIGIE_HOME", "var")).resolve())
    uvicorn.run(**settings(options.host, options.port, options.workers))


if __name__ == "__main__":
    main(sys.argv[1:])
