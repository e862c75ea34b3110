"""A batch of figures → a file of the kind ``facts``, given to the imports as any file is."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import User
from api.models import FactBatch
from base.faults import sent_twice
from base.numbers import exact_text
from intake.models import ImportRun
from intake.runs import queue_import

KIND = "facts"
COLUMNS = ("date", "measure", "value")
# Fixed, so that nothing is found out by looking.
DIALECT = {"encoding": "utf-8", "delimiter": ",", "decimal": ".", "date_format": "%Y-%m-%d"}


class KeyTaken(Exception):  # noqa: N818  # an answer, not a fault
    """The key was sent before, with other figures."""


@dataclass(frozen=True)
class Row:
    date: date
    measure: str
    value: Decimal
    segment: Mapping[str, str | None]


@dataclass(frozen=True)
class Batch:
    """``covers`` is what the rows are of their days (``intake/covering.py``); all rows name the same ``dimensions``."""

    source: str
    covers: str
    dimensions: tuple[str, ...]
    rows: Sequence[Row]

    def content(self) -> bytes:
        out = StringIO()
        writer = csv.writer(out)
        writer.writerow([*COLUMNS, *self.dimensions])
        for row in self.rows:
            where = [row.segment.get(name) or "" for name in self.dimensions]
            writer.writerow([row.date.isoformat(), row.measure, exact_text(row.value), *where])
        return out.getvalue().encode()

    def mapping(self) -> dict[str, Any]:
        columns = {name: name for name in (*COLUMNS, *self.dimensions)}
        return {"columns": columns, "dialect": DIALECT, "covers": self.covers}


def push(batch: Batch, *, key: str, by: User) -> ImportRun:
    """The import of a batch: a new one, or the one that the same figures became when their key was sent before.

    Of two at the same moment, one waits for the other at the constraint, and answers with its import. Raises KeyTaken,
    and Refused as ``queue_import`` does.
    """
    content = batch.content()
    digest = sha256(json.dumps([batch.source, batch.covers]).encode() + content).hexdigest()
    kept = _kept(key, by)
    if kept is None:
        try:
            return _queue(batch, content, digest, key, by)
        except IntegrityError as error:
            if not sent_twice(error):
                raise
            kept = _kept(key, by)
    if kept is None or kept.digest != digest:
        raise KeyTaken
    return kept.run


def _kept(key: str, by: User) -> FactBatch | None:
    return FactBatch.objects.select_related("run").filter(owner=by, key=key).first()


@transaction.atomic
def _queue(batch: Batch, content: bytes, digest: str, key: str, by: User) -> ImportRun:
    run = queue_import(
        BytesIO(content),
        filename=f"{batch.source}-api.csv",
        kind=KIND,
        source=batch.source,
        mapping=batch.mapping(),
        by=by,
    )
    FactBatch.objects.create(owner=by, key=key, digest=digest, run=run)
    return run
