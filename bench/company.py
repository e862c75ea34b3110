"""A large made-up company written straight into the tables: 20 measures × 229 segments × 3 years of daily facts.

Sixty indicators over them: the measures themselves, ratios, and indicators of indicators. Each segment is the whole or
one of twelve values of one of nineteen dimensions, so that a night looks at all of them.
"""

import json
from collections.abc import Mapping
from datetime import date, timedelta

from django.db import connection
from django.utils import timezone

from intake.models import ImportRun, State
from kpis.cuts import ensure_cuts
from kpis.models import Coverage, Dimension, Indicator, Measure, Source
from kpis.packs.load import load_pack
from kpis.segments import ensure_segments

AS_OF = date(2026, 11, 22)
YEARS = 3
MEASURES, DIMENSIONS, VALUES = 20, 19, 12
HEADLINES = 8  # tiles of the cockpit, as in the catalogue Vigie comes with


def furnish(dimensions: int = DIMENSIONS) -> int:
    """Fill an instance that has no figures; returns the number of facts: 1 million for 4 dimensions, 10 for 38."""
    Indicator.objects.all().delete()
    Measure.objects.all().delete()
    Dimension.objects.all().delete()
    names = [f"dim_{n:02}" for n in range(dimensions)]
    load_pack(pack(names))
    source = Source.objects.create(code="bench", name="Bench", kind="facts")
    measures = list(Measure.objects.order_by("code"))
    cuts = ensure_cuts(source, [[], *([name] for name in names)], measures)
    start = AS_OF - timedelta(days=365 * YEARS - 1)
    run = ImportRun.objects.create(
        filename="bench",
        path="bench",
        kind="facts",
        source="bench",
        state=State.DONE,
        size=1,
        sha256="0" * 64,
        finished_at=timezone.now(),
    )
    Coverage.objects.bulk_create(
        Coverage(run=run, source=source, measure=measure, start=start, end=AS_OF) for measure in measures
    )
    segments = ensure_segments([{}, *({name: f"{name}-{n}"} for name in names for n in range(VALUES))])
    shares = [(segments["{}"], cut.pk, 1.0) for cut in cuts if not cut.dimensions]
    for cut in cuts:
        for name in cut.dimensions:
            keys = [f'{{"{name}":"{name}-{n}"}}' for n in range(VALUES)]
            shares += [(segments[key], cut.pk, 1 / VALUES) for key in keys]
    return _write([m.pk for m in measures], shares, start)


def _write(measures: list[int], shares: list[tuple[int, int, float]], start: date) -> int:
    """Day by day, as nights add them; weekday, season, growth and noise of 8 %."""
    segments, cuts, parts = zip(*shares, strict=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.42)")
        cursor.execute(
            """INSERT INTO kpis_fact (cut_id, measure_id, segment_id, date, value, weight)
            SELECT s.cut, m.id, s.segment, d.day, round((500 * m.n * s.share
                * (ARRAY[1.1, 0.9, 0.95, 1, 1, 1.05, 1.2])[1 + extract(dow FROM d.day)::int]
                * (1 + 0.2 * sin(2 * pi() * extract(doy FROM d.day)::float / 365))
                * (1 + 0.0002 * (d.day - %(start)s::date)) * exp(0.08 * random_normal()))::numeric, 2), 1
            FROM (SELECT generate_series(%(start)s::date, %(end)s::date, '1 day')::date AS day) d
            CROSS JOIN unnest(%(measures)s::bigint[]) WITH ORDINALITY AS m (id, n)
            CROSS JOIN unnest(%(segments)s::bigint[], %(cuts)s::bigint[], %(shares)s::float8[])
                AS s (segment, cut, share)""",
            {
                "start": start,
                "end": AS_OF,
                "measures": measures,
                "segments": list(segments),
                "cuts": list(cuts),
                "shares": list(parts),
            },
        )
        written = int(cursor.rowcount)
        cursor.execute("VACUUM ANALYZE kpis_fact")
    return written


def pack(dimensions: list[str], measures: int = MEASURES) -> str:
    """The catalogue, as a company would write it: sums of the measures, 30 ratios, 10 ratios of those."""
    lines = [_entry("dimension", d, {}) for d in dimensions]
    codes = [f"measure_{n:02}" for n in range(measures)]
    units = ["money" if n % 4 == 0 else "count" for n in range(measures)]
    lines += [_entry("measure", c, {"unit": u}) for c, u in zip(codes, units, strict=True)]
    for code, unit in zip(codes, units, strict=True):
        fields: dict[str, str | bool] = {"unit": unit, "formula": code, "headline": code in codes[:HEADLINES]}
        lines.append(_entry("indicator", code, fields))
    counts = [c for c, u in zip(codes, units, strict=True) if u == "count"]
    for n in range(30):
        over, under = counts[n % len(counts)], counts[(n + 1 + n // len(counts)) % len(counts)]
        lines.append(_entry("indicator", f"rate_{n:02}", {"unit": "ratio", "formula": f"{over} / {under}"}))
    for n in range(10):
        formula = f"rate_{n:02} / rate_{n + 10:02}"
        lines.append(_entry("indicator", f"index_{n:02}", {"unit": "ratio", "formula": formula}))
    return "\n".join(lines)


def _entry(table: str, code: str, fields: Mapping[str, str | bool]) -> str:
    rows = [
        f"[[{table}]]",
        f'code = "{code}"',
        *(f"{name} = {json.dumps(value)}" for name, value in fields.items()),
    ]
    return "\n".join([*rows, ""])
