"""What an instance holds, by natural keys: equal contents are equal dictionaries, whatever the ids and the times."""

import psycopg

SEGMENTS = "JOIN kpis_segment s ON s.id = t.segment_id"
CUTS = "JOIN kpis_cut c ON c.id = t.cut_id JOIN kpis_source o ON o.id = c.source_id"
PUBLISHED = "t.run_id = (SELECT run_id FROM kpis_publication)"

QUERIES = {
    "orders": """SELECT t.reference, t.day, t.time, t.customer, t.superseded_by_id IS NULL
        FROM kpis_customerorder t""",
    "lines": f"""SELECT d.reference, t.position, t.kind, t.product,
            trim_scale(t.quantity::numeric), trim_scale(t.unit_price::numeric), trim_scale(t.amount::numeric), s.key
        FROM kpis_orderline t {SEGMENTS} JOIN kpis_customerorder d ON d.id = t.order_id""",
    "facts": f"""SELECT o.code, c.dimensions, k.code, s.key, t.date,
            trim_scale(t.value::numeric), trim_scale(t.weight::numeric), trim_scale(t.peak::numeric)
        FROM kpis_fact t {CUTS} {SEGMENTS} JOIN kpis_measure k ON k.id = t.measure_id""",
    "customer days": f"""SELECT o.code, c.dimensions, s.key, t.customer, t.date, t.previous, t.is_new
        FROM kpis_customerday t {CUTS} {SEGMENTS}""",
    "coverage": """SELECT o.code, t.measure_id, t.start, t.end, t.start_time, t.end_time
        FROM kpis_coverage t JOIN kpis_source o ON o.id = t.source_id""",
    "known days": """SELECT o.code, t.measure_id, t.starts, t.ends
        FROM kpis_knowndays t JOIN kpis_source o ON o.id = t.source_id""",
    "gaps": f"""SELECT i.code, s.key, t.grain, t.start, t.end, t.value, t.target, t.n1, t.n1_now, t.n1_comparable,
            t.expected, t.low, t.high, t.status, t.signal, t.rule, t.unit_money, t.days_present, t.reason, t.stale,
            t.spark
        FROM kpis_gap t {SEGMENTS} JOIN kpis_indicator i ON i.id = t.indicator_id WHERE {PUBLISHED}""",
    "deviations": f"""SELECT i.code, s.key, t.rule, t.grain, t.start, t.end, t.view, t.state, t.severity, t.value,
            t.reference, t.money, t.opened_on, t.updated_on, t.closed_on, t.evidence
        FROM kpis_deviation t {SEGMENTS} JOIN kpis_indicator i ON i.id = t.indicator_id""",
    "notifications": "SELECT t.user_id, t.kind, t.object_id, t.values, t.plain FROM base_notification t",
    "attachments": "SELECT t.object_id, t.name, t.sha256, t.content FROM base_attachment t",
    "tables left behind": "SELECT tablename FROM pg_tables WHERE starts_with(tablename, 'intake_stage_')",
}


def contents(url: str, *names: str) -> dict[str, tuple[int, str]]:
    """Number of rows and fingerprint of each of the tables named, or of all."""
    with psycopg.connect(url) as connection:
        return {name: _fingerprint(connection, QUERIES[name]) for name in names or QUERIES}


def _fingerprint(connection: psycopg.Connection, query: str) -> tuple[int, str]:
    told = f"""SELECT count(*), coalesce(md5(string_agg(r, chr(10) ORDER BY r)), '')
        FROM (SELECT q::text AS r FROM ({query}) q) x"""
    row = connection.execute(told).fetchone()
    assert row is not None
    return int(row[0]), str(row[1])
