"""The days known are kept by triggers, one row a source and measure: reading them cost more with each file that came."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


def days_of_files(keys: str) -> str:
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
    return f"""
SELECT source_id, measure_id,
    array(SELECT lower(r) FROM unnest(days) r ORDER BY 1), array(SELECT upper(r) - 1 FROM unnest(days) r ORDER BY 1)
FROM (
    SELECT source_id, measure_id, range_agg(daterange(low, high, '[]')) AS days
    FROM ({days_of_files(keys)}) s GROUP BY source_id, measure_id
) m"""


def kept_after(keys: str) -> str:
    return f"""
PERFORM 1 FROM kpis_source WHERE id IN (SELECT source_id FROM ({keys}) k) ORDER BY id FOR NO KEY UPDATE;
INSERT INTO kpis_knowndays (source_id, measure_id, starts, ends) {known_days(keys)}
ON CONFLICT (source_id, measure_id) DO UPDATE SET starts = EXCLUDED.starts, ends = EXCLUDED.ends;
DELETE FROM kpis_knowndays d USING ({keys}) k
WHERE d.source_id = k.source_id AND coalesce(d.measure_id, 0) = coalesce(k.measure_id, 0)
    AND NOT EXISTS (SELECT FROM kpis_coverage c
        WHERE c.source_id = k.source_id AND coalesce(c.measure_id, 0) = coalesce(k.measure_id, 0));
RETURN NULL;"""


def trigger(operation: str, func: str, pgid: str, hash: str, referencing: str = "") -> pgtrigger.migrations.AddTrigger:
    sql = pgtrigger.compiler.UpsertTriggerSql(
        func=func,
        hash=hash,
        level="STATEMENT",
        operation=operation,
        pgid=pgid,
        referencing=referencing,
        table="kpis_coverage",
        when="AFTER",
    )
    name = f"known_days_{operation.lower()}"
    return pgtrigger.migrations.AddTrigger("coverage", pgtrigger.compiler.Trigger(name=name, sql=sql))


OLD, NEW = (f"SELECT source_id, measure_id FROM {rows}" for rows in ("old_rows", "new_rows"))
OF_FILES_STORED = (
    "INSERT INTO kpis_knowndays (source_id, measure_id, starts, ends) "
    + known_days("SELECT source_id, measure_id FROM kpis_coverage GROUP BY 1, 2")
)


class Migration(migrations.Migration):
    dependencies = [("kpis", "0007_rights_of_figures")]

    operations = [
        migrations.CreateModel(
            "KnownDays",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts", django.contrib.postgres.fields.ArrayField(models.DateField())),
                ("ends", django.contrib.postgres.fields.ArrayField(models.DateField())),
                (
                    "measure",
                    models.ForeignKey(
                        "kpis.measure", django.db.models.deletion.CASCADE, null=True, related_name="known_days"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        "kpis.source", django.db.models.deletion.CASCADE, related_name="known_days"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "knowndays",
            models.UniqueConstraint(
                fields=("source", "measure"), name="known_days_once_per_measure", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            "knowndays",
            models.CheckConstraint(
                condition=models.Q(starts__len=models.F("ends__len"), starts__len__gt=0),
                name="known_days_are_ranges",
            ),
        ),
        migrations.AddIndex(
            "coverage",
            models.Index(
                models.F("source"),
                django.db.models.functions.comparison.Coalesce("measure", 0),
                models.F("end"),
                models.F("run"),
                name="coverage_by_measure",
            ),
        ),
        trigger(
            "INSERT", kept_after(f"{NEW} GROUP BY 1, 2"), "pgtrigger_known_days_insert_4135c", "c385687a1602efa7ad6cd02e8337de979cd70998", "REFERENCING NEW TABLE AS new_rows "
        ),
        trigger(
            "UPDATE",
            kept_after(f"{OLD} UNION {NEW}"),
            "pgtrigger_known_days_update_ac256",
            "12f6254f755eb7858493ce9dc00fbddb74fe8355",
            "REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ",
        ),
        trigger(
            "DELETE", kept_after(f"{OLD} GROUP BY 1, 2"), "pgtrigger_known_days_delete_30f78", "a907baa1ddd9d427d0650d1223e66c25a34cf9dc", "REFERENCING OLD TABLE AS old_rows "
        ),
        trigger("TRUNCATE", "DELETE FROM kpis_knowndays; RETURN NULL;", "pgtrigger_known_days_truncate_64ba0", "114e3f3dce99529c44b857298b61c809212ff5ca"),
        migrations.RunSQL(OF_FILES_STORED, migrations.RunSQL.noop),  # last: no table can be altered after it
    ]
