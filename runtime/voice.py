"""What the supervisor says, and passes on from its children: a line for people, or an object of JSON for machines."""

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime

OURSELVES = "vigie"


def say(text: str, who: str = OURSELVES) -> None:
    """Say it on stdout, whole, as one line per line. A full disk under stdout must not end who speaks."""
    if os.environ.get("LOG_FORMAT") == "json":
        lines = [_as_json(line, who) for line in text.splitlines() if line.strip()]
    else:
        lines = [text if who == OURSELVES else f"{who:<6} | {text}"]
    with suppress(OSError):
        for line in lines:
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _as_json(line: str, who: str) -> str:
    """A child that speaks JSON is passed on with its name; what libraries print as text is wrapped."""
    try:
        said = json.loads(line)
    except ValueError:
        said = line
    if not isinstance(said, dict):
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        said = {"event": line.strip(), "level": "info", "timestamp": now}
    return json.dumps({**said, "process": who}, ensure_ascii=False)
