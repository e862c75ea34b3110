"""Lists as files, safe to open in a spreadsheet. Here, on the lowest floor, because every list is exported alike."""

from typing import Any

from django.http import HttpResponse
from django_tables2.export import TableExport

_RISKY = ("=", "+", "-", "@", "\t", "\r")  # first characters a spreadsheet takes for a formula


def harmless(value: Any) -> Any:
    """A cell of an export: a text a spreadsheet would run as a formula is told to be text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_RISKY) else value


class _HarmlessExport(TableExport):
    """Names and labels come from files and people, and spreadsheets run formulas."""

    def table_to_dataset(self, *arguments: Any) -> Any:
        found: Any = super().table_to_dataset(*arguments)  # type: ignore[no-untyped-call]  # library base
        rows = [tuple(map(harmless, row)) for row in found]
        return type(found)(*rows, headers=found.headers, title=found.title)


def table_file(table: Any, name: str, extension: str) -> HttpResponse:
    """All rows of a table as a file to download."""
    export = _HarmlessExport(extension, table)  # type: ignore[no-untyped-call]  # library base
    response: HttpResponse = export.response(f"{name}.{extension}")  # type: ignore[no-untyped-call]  # library base
    return response
