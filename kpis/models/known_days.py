"""Which days are known, as SQL: the rule of what each file speaks for, and the triggers that keep its outcome.

The rule is written once, here: triggers keep ``KnownDays`` by it whoever writes coverage, and ``kpis/coverage.py`` asks
it which files speak for a period. What is changed here needs a migration (``makemigrations`` finds the triggers), which
fills ``KnownDays`` again.
"""

import pgtrigger


def days_of_files(keys: str) -> str:
    """SQL of the days [low, high] that each coverage row of some sources and measures speaks for.

    ``keys`` is SQL of (source_id, measure_id), measure null for all a source has; each pair once.

    A file inside one month speaks for that whole month, for exports are made by the month; where there are several,
    the first from the month's start and the last to its end, and days between two files are unknown: one may be late.
    Of those that begin or end on the same day the longest is the first or last: a corrected day beside the file of its
    month. A file of a single day speaks for that day alone once there is another such file. Nothing is known after the
    last day of the latest file. Days a file only names rows of are none of these: they speak for themselves.
    """
    return f"""
SELECT run_id, source_id, measure_id,
    CASE WHEN in_month AND is_first AND NOT (by_day AND single) THEN month ELSE start END AS low,
    CASE WHEN in_month AND is_last AND NOT (by_day AND single)
        THEN least((month + interval '1 month - 1 day')::date, latest) ELSE "end" END AS high
FROM (
    SELECT f.*,
        rank() OVER (of_month ORDER BY start, "end" DESC) = 1 AS is_first,
        rank() OVER (of_month ORDER BY "end" DESC, start) = 1 AS is_last,
        max("end") FILTER (WHERE NOT by_name) OVER of_key AS latest,
        min(start) FILTER (WHERE single) OVER of_key < max(start) FILTER (WHERE single) OVER of_key AS by_day
    FROM (
        SELECT c.run_id, c.source_id, c.measure_id, c.start, c."end", c.by_name,
            NOT c.by_name AND c.start = c."end" AS single,
            NOT c.by_name AND date_trunc('month', c.start::timestamp) = date_trunc('month', c."end"::timestamp)
                AS in_month,
            date_trunc('month', c.start::timestamp)::date AS month
        FROM ({keys}) k JOIN kpis_coverage c
            ON c.source_id = k.source_id AND coalesce(c.measure_id, 0) = coalesce(k.measure_id, 0)
    ) f
    WINDOW of_key AS (PARTITION BY source_id, measure_id),
        of_month AS (PARTITION BY source_id, measure_id, in_month, month)
) d"""


def known_days(keys: str) -> str:
    """SQL of (source_id, measure_id, starts, ends): the ranges of days known, sorted, none touching the next."""
    return f"""
SELECT source_id, measure_id,
    array(SELECT lower(r) FROM unnest(days) r ORDER BY 1), array(SELECT upper(r) - 1 FROM unnest(days) r ORDER BY 1)
FROM (
    SELECT source_id, measure_id, range_agg(daterange(low, high, '[]')) AS days
    FROM ({days_of_files(keys)}) s GROUP BY source_id, measure_id
) m"""


def _kept_after(keys: str) -> str:
    """Who changes the coverage of a source waits for whoever else does, then counts what both have written."""
    return f"""
PERFORM 1 FROM kpis_source WHERE id IN (SELECT source_id FROM ({keys}) k) ORDER BY id FOR NO KEY UPDATE;
INSERT INTO kpis_knowndays (source_id, measure_id, starts, ends) {known_days(keys)}
ON CONFLICT (source_id, measure_id) DO UPDATE SET starts = EXCLUDED.starts, ends = EXCLUDED.ends;
DELETE FROM kpis_knowndays d USING ({keys}) k
WHERE d.source_id = k.source_id AND coalesce(d.measure_id, 0) = coalesce(k.measure_id, 0)
    AND NOT EXISTS (SELECT FROM kpis_coverage c
        WHERE c.source_id = k.source_id AND coalesce(c.measure_id, 0) = coalesce(k.measure_id, 0));
RETURN NULL;"""


def _trigger(operation: pgtrigger.Operation, keys: str, **rows: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"known_days_{str(operation).lower()}",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**rows),  # type: ignore[no-untyped-call]  # theirs
        func=_kept_after(keys),
    )


_OLD, _NEW = (f"SELECT source_id, measure_id FROM {rows}" for rows in ("old_rows", "new_rows"))

TRIGGERS = (
    _trigger(pgtrigger.Insert, f"{_NEW} GROUP BY 1, 2", new="new_rows"),
    _trigger(pgtrigger.Update, f"{_OLD} UNION {_NEW}", old="old_rows", new="new_rows"),
    _trigger(pgtrigger.Delete, f"{_OLD} GROUP BY 1, 2", old="old_rows"),
    pgtrigger.Trigger(
        name="known_days_truncate",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Truncate,
        func="DELETE FROM kpis_knowndays; RETURN NULL;",
    ),
)
