"""Source rows: the truth from which facts are rebuilt, and in which single orders are named.

Only they carry the import run. A replaced row is superseded, not deleted, so undoing the later run revives it.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.models import ImportRun
from kpis.models.catalogue import Measure
from kpis.models.exact import ExactField
from kpis.models.facts import Segment, Source

# Raised whenever lines are told apart in another way (kpis/sources/orders/lines.py): an upgrade then reads them again.
LINE_RULES = 2


class LineKind(models.IntegerChoices):
    """What a line is; exactly one each, by its amount and its words (data/reference/DEFINITIONS.md)."""

    SALE = 0, _("sale")
    CANCELLATION = 1, _("cancellation")
    ADJUSTMENT = 2, _("adjustment")
    STOCK_MOVEMENT = 3, _("stock movement")
    ZERO_PRICE = 4, _("zero price")
    LEFT_OUT = 5, _("in no figure")


class CustomerOrder(models.Model):
    """An order, credit note or adjustment as one file told it; dated at the earliest time of its lines.

    What a number gives back on a day of its own is a record of its own, ``is_credit``, beside the sale of that number,
    which may have come in another file.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="orders", db_index=False)
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="orders", db_constraint=True)
    reference = models.CharField(max_length=120)
    day = models.DateField()
    time = models.TimeField(null=True)
    customer = models.CharField(max_length=120, null=True)  # noqa: DJ001  # unknown is not an empty name
    is_credit = models.BooleanField(default=False, db_default=False)
    superseded_by = models.ForeignKey(
        ImportRun, on_delete=models.PROTECT, null=True, related_name="superseded_orders"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "reference"],
                condition=Q(superseded_by=None, is_credit=False),
                name="order_alive_once",
            ),
            models.UniqueConstraint(
                fields=["source", "reference", "day"],
                condition=Q(superseded_by=None, is_credit=True),
                name="credit_alive_once",
            ),
        ]
        indexes = [models.Index(fields=["source", "day"], name="order_day")]

    def __str__(self) -> str:
        return self.reference


class OrderLine(models.Model):
    """A line of an order; insert only, alive as long as its order is. ``amount`` = quantity × unit price, exact."""

    pk = models.CompositePrimaryKey("order_id", "position")
    # Written with its order in one statement: a per-row check would only cost time.
    order = models.ForeignKey(
        CustomerOrder, on_delete=models.DO_NOTHING, related_name="lines", db_constraint=False, db_index=False
    )
    position = models.PositiveIntegerField()
    segment = models.ForeignKey(Segment, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    kind = models.PositiveSmallIntegerField(choices=LineKind)
    product = models.CharField(max_length=120)
    label = models.CharField(max_length=300)
    quantity = ExactField()
    unit_price = ExactField()
    amount = ExactField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="line_kind_is_known"),
            models.CheckConstraint(
                condition=~Q(kind=LineKind.CANCELLATION) | Q(amount__lte=0),
                name="line_cancelled_is_not_positive",
            ),
            models.CheckConstraint(
                condition=~Q(kind=LineKind.SALE) | Q(amount__gte=0), name="line_sold_is_not_negative"
            ),
        ]


class FactRow(models.Model):
    """One value of a facts file, at the grain of that file."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="rows", db_index=False)
    run = models.ForeignKey(ImportRun, on_delete=models.PROTECT, related_name="fact_rows")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, db_index=False, related_name="rows")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, db_index=False, related_name="rows")
    date = models.DateField()
    value = ExactField()
    superseded_by = models.ForeignKey(
        ImportRun, on_delete=models.PROTECT, null=True, related_name="superseded_fact_rows"
    )

    class Meta:
        indexes = [models.Index(fields=["source", "measure", "date"], name="fact_row_day")]
