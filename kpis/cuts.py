"""Step ②: clean rows → facts. Cuts are made here; each kind of source writes its own facts by set-based SQL."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection

from kpis.models import Cut, Measure, Source


def ensure_cuts(
    source: Source, dimension_sets: Iterable[Sequence[str]], measures: Sequence[Measure]
) -> list[Cut]:
    """The cuts of a source with exactly these sets of dimensions, carrying at least these measures."""
    wanted = [sorted(names) for names in dimension_sets]
    Cut.objects.bulk_create([Cut(source=source, dimensions=names) for names in wanted], ignore_conflicts=True)
    cuts = list(Cut.objects.filter(source=source, dimensions__in=wanted))
    through = Cut.measures.through
    through.objects.bulk_create(
        [through(cut_id=cut.pk, measure_id=measure.pk) for cut in cuts for measure in measures],
        ignore_conflicts=True,
    )
    return cuts


def clear_facts(cuts: Sequence[Cut], start: date, end: date, measures: Sequence[Measure] = ()) -> int:
    """Remove the facts of these cuts in [start, end], of all measures or of those given; returns their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM kpis_fact WHERE cut_id = ANY(%s) AND date BETWEEN %s AND %s
            AND (cardinality(%s::bigint[]) = 0 OR measure_id = ANY(%s))""",
            [[cut.pk for cut in cuts], start, end, *([[m.pk for m in measures]] * 2)],
        )
        return int(cursor.rowcount)
