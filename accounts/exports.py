"""Lists as files, safe to open in a spreadsheet. Here, on the lowest floor, because every list is exported alike."""

from typing import Any

from django_tables2.export import TableExport

_RISKY = ("=", "+", "-", "@", "\t", "\r")  # first characters a spreadsheet takes for a formula


def harmless(value: Any) -> Any:
    """A cell of an export: a text a spreadsheet would run as a formula is told to be text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value


class HarmlessExport(TableExport):  # type: ignore[misc]  # library base
    """Rows as a file: names and labels come from files and people, and spreadsheets run formulas."""

    def table_to_dataset(
        self, table: Any, exclude_columns: Any, dataset_kwargs: dict[str, Any] | None = None
    ) -> Any:
        found = super().table_to_dataset(table, exclude_columns, dataset_kwargs)
        rows = [tuple(map(harmless, row)) for row in found]
        return type(found)(*rows, headers=found.headers, title=found.title)
