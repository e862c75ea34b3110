"""What the columns of an order file mean."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy, gettext_noop

from intake.kinds import Field, Stored
from intake.models import ImportRun
from intake.sentences import sentence
from kpis.models import Dimension
from kpis.sources.orders import store

NEEDED = ("order_id", "ordered_at", "quantity", "unit_price")

FIELDS = (
    Field(
        "order_id",
        "text",
        ("InvoiceNo", "Invoice", "order", "order number", "commande", "n° commande"),
        nullable=False,
    ),
    Field(
        "ordered_at",
        "timestamp",
        ("InvoiceDate", "order date", "date", "datetime", "created at", "date de commande", "date commande"),
        nullable=False,
    ),
    Field(
        "product",
        "text",
        ("StockCode", "sku", "product code", "product id", "code article", "référence", "produit"),
    ),
    Field("label", "text", ("Description", "product name", "libellé", "désignation", "article")),
    Field("quantity", "decimal", ("qty", "quantité", "qté"), nullable=False),
    Field("unit_price", "decimal", ("UnitPrice", "price", "prix unitaire", "prix", "PU TTC"), nullable=False),
    Field("customer", "text", ("CustomerID", "customer id", "client", "id client", "code client", "email")),
)


class OrdersKind:
    code = "orders"
    label = gettext_lazy("Orders, line by line")

    def fields(self) -> Sequence[Field]:
        """The fixed columns, then one text column per dimension of the catalogue."""
        return [*FIELDS, *dimension_fields()]

    def refuse(self, mapped: frozenset[str]) -> str | None:
        missing = [code for code in NEEDED if code not in mapped]
        if not missing:
            return None
        told = gettext_noop("An order file needs the columns %(needed)s; missing: %(missing)s.")
        return sentence(told, needed=", ".join(NEEDED), missing=", ".join(missing))

    def store(self, run: ImportRun, stage: str) -> Stored:
        return store.store(run=run, stage=stage)

    def undo(self, run: ImportRun) -> int:
        return store.undo(run=run)


def dimension_fields() -> list[Field]:
    return [Field(d.code, "text", (d.name_fr, d.name_en)) for d in Dimension.objects.all()]
