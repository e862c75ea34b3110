"""Figures as the documents scripts read, by the command line and by the API: the keys are kept stable."""

from collections.abc import Mapping
from typing import Any

from base.calendar import Grain
from kpis.compared_values import Compared
from kpis.incidents import by_stake
from kpis.models import Deviation
from kpis.values import Value


def value_document(grain: Grain, value: Value, compared: Mapping[str, Compared]) -> dict[str, Any]:
    """A value with its comparisons; figures are decimals, None where there is none."""
    return {
        "indicator": value.indicator,
        "grain": str(grain),
        "start": value.period.start,
        "end": value.period.end,
        "segment": value.segment,
        "value": value.value,
        "days_present": value.days_present,
        "days_expected": value.days_expected,
        "reason": value.reason,
        "compare": {name: _compared(one) for name, one in compared.items()},
    }


def _compared(c: Compared) -> dict[str, Any]:
    return {
        "value": c.value,
        "start": c.reference.start if c.reference else None,
        "end": c.reference.end if c.reference else None,
        "current": c.current,
        "current_start": c.period.start if c.period else None,
        "current_end": c.period.end if c.period else None,
        "change": c.change,
        "change_points": c.points,
        "reason": c.reason,
    }


def deviation_document(d: Deviation) -> dict[str, Any]:
    """An episode with those of its incident it leads: ``companions`` are prefetched as far as the reader may see."""
    return {
        "id": d.pk,
        "indicator": d.indicator.code,
        "segment": d.segment.values,
        "grain": d.grain,
        "start": d.start,
        "end": d.end,
        "rule": d.rule,
        "state": d.state,
        "severity": d.severity,
        "value": d.value,
        "reference": d.reference,
        "gap": d.gap,
        "gap_relative": d.gap_relative,
        "money": d.money,
        "diagnosis": d.evidence,
        "part_of": d.part_of_id,
        "companions": [
            {"id": c.pk, "indicator": c.indicator.code, "segment": c.segment.values, "grain": c.grain}
            for c in sorted(d.companions.all(), key=by_stake)
        ],
    }
