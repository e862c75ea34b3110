"""Rows, their columns and what becomes of them, in the words of the pages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from base.sentences import in_words
from intake.rows.cells import is_blank, text_of
from intake.rows.kinds import Column, Outcome
from intake.rows.lines import Line
from intake.rows.models import RowsImport
from intake.rows.templates import explained

_TONES = {Outcome.NEW: "good", Outcome.CHANGED: "info", Outcome.SAME: "neutral", Outcome.REFUSED: "bad"}
DOUBTFUL = "doubtful"  # beside the outcomes: what a row would do may be a slip
_SAMPLED = 20  # rows under the headings
_LONGEST_SAMPLE = 40


def columns_help(columns: Sequence[Column]) -> list[dict[str, Any]]:
    return [
        {
            "label": column.label,
            "required": column.required,
            "help": explained(column),
            "names": ", ".join(column.headings[:4]),
        }
        for column in columns
    ]


def samples(rows: Sequence[Sequence[Any]], header: int) -> dict[int, str]:
    """By 0-based column, the first texts under its heading."""
    found: dict[int, list[str]] = {}
    for row in rows[header + 1 : header + 1 + _SAMPLED]:
        for place, cell in enumerate(row):
            said = found.setdefault(place, [])
            if not is_blank(cell) and len(said) < 2 and text_of(cell) not in said:
                said.append(text_of(cell)[:_LONGEST_SAMPLE])
    return {place: ", ".join(said) for place, said in found.items() if said}


def outcomes(run: RowsImport, asked: str) -> list[dict[str, Any]]:
    """The links by which one sees only what becomes of a row like this."""
    counts = {
        Outcome.NEW: run.rows_new, Outcome.CHANGED: run.rows_changed,
        Outcome.SAME: run.rows_same, Outcome.REFUSED: run.rows_refused,
    }  # fmt: skip
    all_rows = {
        "code": "",
        "label": _("All rows"),
        "count": sum(counts.values()),
        "current": asked not in (*counts, DOUBTFUL),
    }
    found: list[tuple[str, Any, int]] = [(code.value, code.label, count) for code, count in counts.items()]
    found.append((DOUBTFUL, _("To check"), len(chosen(run.lines, DOUBTFUL))))
    return [all_rows] + [
        {"code": code, "label": label, "count": count, "current": asked == code}
        for code, label, count in found
        if count
    ]


def chosen(lines: Sequence[Line], outcome: str) -> Sequence[Line]:
    """Those of an outcome, or that may be a slip; all where nothing such is asked."""
    if outcome == DOUBTFUL:
        return [line for line in lines if line.get("doubts")]
    return [line for line in lines if line["outcome"] == outcome] if outcome in Outcome.values else lines


def line_in_words(line: Line) -> Mapping[str, Any]:
    outcome = Outcome(line["outcome"])
    cells: Iterable[Any] = line["cells"]
    return {
        "row": line["row"],
        "title": line["title"],
        "tone": _TONES[outcome],
        "label": outcome.label,
        "said": [in_words(kept) for kept in line["said"]],
        "doubts": [in_words(kept) for kept in line.get("doubts", [])],
        "cells": [(letter, in_words(kept)) for letter, kept in cells],
    }
