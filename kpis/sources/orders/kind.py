"""What the columns of an order file mean."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.access import Right
from base.sentences import sentence
from intake.kinds import Field, Stored, Terms
from intake.models import ImportRun
from kpis.models import CustomerOrder, Dimension
from kpis.sources import examples
from kpis.sources.orders import store
from kpis.sources.orders.lines import CANCEL_PREFIX
from kpis.sources.stage import DIGITS
from kpis.sources.wording import InWords

NEEDED = ("order_id", "ordered_at", "quantity", "unit_price")

FIELDS = (
    Field(
        "order_id",
        "text",
        ("InvoiceNo", "Invoice", "order", "order number", "commande", "n° commande"),
        nullable=False,
        label=_("Order"),
        longest=120,
    ),
    Field(
        "ordered_at",
        "timestamp",
        ("InvoiceDate", "order date", "date", "datetime", "created at", "date de commande", "date commande"),
        nullable=False,
        label=_("Date and time"),
    ),
    Field(
        "product",
        "text",
        ("StockCode", "sku", "product code", "product id", "code article", "référence", "produit"),
        label=_("Product"),
    ),
    Field(
        "label",
        "text",
        ("Description", "product name", "libellé", "désignation", "article"),
        label=_("Product name"),
    ),
    Field(
        "quantity",
        "decimal",
        ("qty", "quantité", "qté"),
        nullable=False,
        label=_("Quantity"),
        longest=DIGITS,
    ),
    Field(
        "unit_price",
        "decimal",
        ("UnitPrice", "price", "prix unitaire", "prix", "PU TTC"),
        nullable=False,
        label=_("Unit price"),
        longest=DIGITS,
    ),
    Field(
        "customer",
        "text",
        ("CustomerID", "customer id", "client", "id client", "code client", "email"),
        label=_("Customer"),
        longest=120,
    ),
)


class OrdersKind(InWords):
    code = "orders"
    label = _("Orders, line by line")
    options = (CANCEL_PREFIX,)
    # A row names a customer: whoever gave the file reads it, others need the right to.
    terms = Terms(see=Right.VIEW_FIGURES, write=Right.IMPORT_DATA, raw=Right.OPEN_RAW_ROWS)

    def fields(self) -> Sequence[Field]:
        """The fixed columns, then one text column per dimension of the catalogue."""
        return [*FIELDS, *dimension_fields()]

    def refuse(self, mapped: frozenset[str]) -> str | None:
        missing = [code for code in NEEDED if code not in mapped]
        if not missing:
            return None
        told = gettext_noop("An order file needs the columns %(needed)s; missing: %(missing)s.")
        return sentence(told, needed=", ".join(NEEDED), missing=", ".join(missing))

    def example(self) -> Sequence[Mapping[str, str]]:
        return examples.orders()

    def store(self, run: ImportRun, stage: str) -> Stored:
        return store.store(run=run, stage=stage)

    def undo(self, run: ImportRun) -> int:
        return store.undo(run=run)

    def live(self, run: ImportRun) -> bool:
        """False once a later file has replaced some of its orders: importing it again then means something."""
        return not CustomerOrder.objects.filter(run=run, superseded_by__isnull=False).exists()


def dimension_fields() -> list[Field]:
    return [
        Field(d.code, "text", (d.name_fr, d.name_en), label=d.name, longest=200)
        for d in Dimension.objects.all()
    ]
