"""Workbooks made for tests, and how a person gives one and confirms it."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from intake.models import RowsImport

Fill = Callable[[Any], None]


def book(*rows: Sequence[Any], title: str = "People", fill: Fill | None = None) -> bytes:
    """An Excel workbook of one sheet; ``fill`` is given the sheet to spoil it."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if fill is not None:
        fill(sheet)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def spoiled(method: int) -> bytes:
    """An archive with a sound list of parts, and a part whose bytes are none of its method."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as packed:
        packed.writestr("mimetype", bytes(range(60)))
    content = bytearray(made.getvalue())
    start = 30 + len("mimetype")
    content[start : start + 30] = b"\xff" * 30
    return bytes(content)


def give(client: Client, content: bytes, name: str = "people.xlsx", kind: str = "people") -> Any:
    """Give a file on the page; what the page answers after any redirection."""
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("rows_new", args=[kind]), {"file": file}, follow=True)


def confirm(client: Client, run: RowsImport | None = None, **more: Any) -> RowsImport:
    """Confirm the last file as its page shows it now."""
    run = run or last()
    page = text(client.get(run.get_absolute_url()))
    digest = re.search(r'name="digest" value="(\w*)"', page)
    client.post(run.get_absolute_url(), {"digest": digest[1] if digest else "", **more}, follow=True)
    run.refresh_from_db()
    return run


def last() -> RowsImport:
    run = RowsImport.objects.order_by("-id").first()
    assert run is not None
    return run


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def outcomes(run: RowsImport) -> list[tuple[int, str]]:
    return [(line["row"], line["outcome"]) for line in run.lines]


def errors(run: RowsImport) -> dict[str, str]:
    """Cell → the English of what is wrong with it."""
    return {
        f"{letter}{line['row']}": kept[0] % kept[1] if kept[1] else kept[0]
        for line in run.lines
        for letter, kept in line["cells"]
    }
