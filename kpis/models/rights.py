"""Which figures a person may read: every measure and indicator says the right it takes, and a formula launders none.

An indicator is closed to whoever lacks its own right, or that of any measure or indicator its formula names, however
far down. It is reckoned from the formulas as they stand whenever it is asked, so there is nothing to keep in step. A
right this version does not know opens to nobody.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Q, TextField
from django.db.models.expressions import RawSQL

from accounts.access import Right, rights_of

# What a formula may name (kpis/formula/language.py), be it a dimension: a word too many closes, it never opens.
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_CLOSED = """
WITH RECURSIVE closed(code) AS (
    SELECT code FROM (
        SELECT code, "right" FROM kpis_measure UNION ALL SELECT code, "right" FROM kpis_indicator
    ) AS own WHERE "right" <> ALL(%s::text[])
  UNION
    SELECT above.code FROM closed JOIN kpis_indicator AS above ON closed.code = ANY (
        SELECT word[1] FROM regexp_matches(above.formula, '[A-Za-z_][A-Za-z0-9_]*', 'g') AS word)
)
"""
_INDICATORS = _CLOSED + "SELECT id FROM kpis_indicator WHERE code IN (SELECT code FROM closed)"
_CODES = f"ARRAY({_CLOSED} SELECT code FROM closed)"
_STEPS = _CLOSED + "SELECT %s || code FROM closed"
_RUNS = f"""
WITH shut AS ({_CLOSED} SELECT code FROM closed)
SELECT run.id FROM intake_importrun AS run WHERE EXISTS (SELECT FROM shut) AND EXISTS (
    SELECT FROM shut WHERE run.totals ? shut.code
    OR EXISTS (SELECT FROM jsonb_each_text(run.mapping) AS named WHERE named.value = shut.code))
"""
_FIGURES_OF = """EXISTS (
    SELECT FROM kpis_cut_measures AS of_cut
    JOIN kpis_fact AS fact ON fact.cut_id = of_cut.cut_id AND fact.measure_id = of_cut.measure_id
    WHERE fact.segment_id = kpis_segment.id AND of_cut.measure_id {})"""
_SEGMENTS = f"""
NOT EXISTS (SELECT FROM kpis_measure WHERE "right" <> ALL(%s::text[]))
OR {_FIGURES_OF.format('IN (SELECT id FROM kpis_measure WHERE "right" = ANY(%s::text[]))')}
"""


def names_in(formula: str) -> set[str]:
    """Every code a formula may name."""
    return set(_WORD.findall(formula))


def _held(user: Any) -> list[str]:
    return sorted(rights_of(user))


def open_to(user: Any, path: str) -> Q:
    """Rows whose indicator, found along ``path``, the person may read."""
    return ~Q(**{f"{path}__in": RawSQL(_INDICATORS, [_held(user)])})


def closed_to(user: Any, path: str) -> Q:
    return Q(**{f"{path}__in": RawSQL(_INDICATORS, [_held(user)])})


def codes_closed_to(user: Any) -> RawSQL:
    """The codes of all that is closed to the person, as a column."""
    return RawSQL(_CODES, [_held(user)], output_field=ArrayField(TextField()))


def steps_closed_to(user: Any, prefix: str) -> RawSQL:
    """Names of the steps of a night that are about an indicator the person may not read."""
    return RawSQL(_STEPS, [_held(user), prefix])


def runs_closed_to(user: Any) -> RawSQL:
    """Imports that brought a measure the person may not read, or have a column of one."""
    return RawSQL(_RUNS, [_held(user)])


def segments_open_to(user: Any) -> RawSQL:
    """Of a query over segments: those of which a measure the person may read has figures; all where none is closed."""
    held = _held(user)
    return RawSQL(_SEGMENTS, [held, held], output_field=BooleanField())


def segments_with_figures_of(measures: Collection[int]) -> RawSQL:
    """Of a query over segments: those of which one of the measures, by id, has figures."""
    return RawSQL(_FIGURES_OF.format("= ANY(%s)"), [list(measures)], output_field=BooleanField())


def closed_codes(
    measures: Iterable[tuple[str, str]],
    indicators: Collection[tuple[str, str, str]],
    held: Collection[Right],
) -> frozenset[str]:
    """The same in memory: (code, right) of measures and (code, right, formula) of indicators → the codes closed."""
    closed = {code for code, right in measures if right not in held}
    closed |= {code for code, right, _formula in indicators if right not in held}
    named = {code: names_in(formula) for code, _right, formula in indicators} if closed else {}
    while more := {code for code, names in named.items() if code not in closed and names & closed}:
        closed |= more
    return frozenset(closed)
