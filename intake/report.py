"""A run as the JSON document scripts read (docs: the command-line contract)."""

from decimal import Decimal
from typing import Any

from intake.models import ImportRun


def document(run: ImportRun) -> dict[str, Any]:
    """What ``import_data --json`` prints; sentences in the active language, numbers as JSON numbers."""
    return {
        "run": run.pk,
        "state": run.state,
        "kind": run.kind,
        "dialect": {key: run.dialect.get(key) for key in ("encoding", "delimiter", "decimal", "date_format")},
        "mapping": run.mapping,
        "rows": {"read": run.rows_read, "accepted": run.rows_accepted, "rejected": run.rows_rejected},
        "rejects": [{"line": reject.line, "reason": reject.said} for reject in run.first_rejects],
        "warnings": run.said_warnings,
        "period": {"start": run.period_start, "end": run.period_end},
        "totals": {code: _number(text) for code, text in run.totals.items()},
    }


def _number(text: str) -> int | float:
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)
