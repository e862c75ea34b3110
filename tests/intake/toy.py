"""A kind of file that only these tests know: shop tickets, kept as they were staged."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from accounts.access import Right
from base.sentences import sentence
from intake.kinds import Field, Stored, Terms
from intake.models import ImportRun

FIELDS = (
    Field("ref", "text", ("Ticket", "Réf. ticket"), nullable=False),
    Field("label", "text", ("Libellé",)),
    Field("quantity", "integer", ("Qté", "qty"), nullable=False),
    Field("amount", "decimal", ("Montant", "price")),
    Field("sold_at", "timestamp", ("Vendu le",), nullable=False),
    Field("due", "date", ("Échéance",)),
)
COLUMNS = [field.code for field in FIELDS]
HEADER = ",".join(COLUMNS)


class Tickets:
    code = "tickets"
    label = "Tickets"
    terms = Terms(see=Right.VIEW_FIGURES, write=Right.IMPORT_DATA, raw=Right.IMPORT_DATA)
    nap = 0.0  # seconds storing takes at least, for those who want to interrupt it

    def fields(self) -> Sequence[Field]:
        return FIELDS

    def refuse(self, mapped: frozenset[str]) -> str | None:
        missing = sorted({"ref", "quantity", "sold_at"} - mapped)
        return (
            sentence("These columns are missing: %(columns)s.", columns=", ".join(missing))
            if missing
            else None
        )

    def store(self, run: ImportRun, stage: str) -> Stored:
        """Rows whose ticket is "meaningless" are refused for what they mean; "broken" stands for a fault."""
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS toy_row (run bigint, line int, data jsonb)")
            cursor.execute("SELECT pg_sleep(%s)", [self.nap])
            cursor.execute(f"SELECT line FROM {stage} WHERE ref = 'meaningless' ORDER BY line")
            senseless = [(line, "It has no meaning.") for (line,) in cursor.fetchall()]
            cursor.execute(
                f"INSERT INTO toy_row SELECT {run.pk}, line, to_jsonb(s) - 'line' FROM {stage} s "
                "WHERE ref <> 'meaningless'"
            )
            cursor.execute(f"SELECT 1 / (CASE WHEN ref = 'broken' THEN 0 ELSE 1 END) FROM {stage}")
            cursor.execute(f"SELECT min(sold_at)::date, max(sold_at)::date, sum(quantity) FROM {stage}")
            start, end, units = cursor.fetchone()
        return Stored(start, end, {"units": units}, [], senseless)

    def undo(self, run: ImportRun) -> int:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM toy_row WHERE run = %s", [run.pk])
            return int(cursor.rowcount)

    def page(self, run: ImportRun, reader: Any) -> Iterable[tuple[str, str]]:  # noqa: ARG002
        return [("Tickets", f"/tickets/{run.pk}/")]


def stored_rows(run: ImportRun) -> list[dict[str, Any]]:
    """What the kind kept of a run, by line."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('toy_row')")
        if cursor.fetchone() == (None,):
            return []
        cursor.execute("SELECT data::text FROM toy_row WHERE run = %s ORDER BY line", [run.pk])
        return [
            row[0] if isinstance(row[0], dict) else __import__("json").loads(row[0])
            for row in cursor.fetchall()
        ]


def stage_exists(run: ImportRun) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"intake_stage_{run.pk}"])
        return bool(cursor.fetchone()[0])
