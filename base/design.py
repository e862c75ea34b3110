"""The samples of the page of components (``/design/``): each component in each of its states, on invented figures."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import sin
from typing import Any

import django_tables2 as tables
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from base import dates
from base import tables as figures
from base.charts import Series
from base.components import SIGNALS, STATUSES, Chart, Tile
from base.grid.sheet import Cell, Column, Line, Row, Sheet

AS_OF = date(2026, 11, 22)
ROWS = 12


def wave(count: int, base: float) -> list[float | None]:
    """A line with holes."""
    return [None if i % 17 == 9 else base * (1 + sin(i * 0.9) / 7 + i / count / 5) for i in range(count)]


def days(count: int) -> list[date]:
    return [AS_OF - timedelta(days=count - 1 - i) for i in range(count)]


def full_chart() -> Chart:
    """Every series there is, with the expected range."""
    n = 28
    lines = [
        Series("current", "2026", wave(n, 52_000)),
        Series("last_year", "2025", wave(n, 47_000)),
        Series("target", _("Target"), [55_000] * n),
        Series("expected", _("Expected value"), [52_500] * n),
    ]
    band = ([45_000.0] * n, [60_000.0] * n)
    return Chart(_("Revenue"), days(n), lines, "money", 0, band=band, id="explored")


def below_zero_chart() -> Chart:
    values = [8 * sin(i / 3) - 3 for i in range(14)]
    return Chart(_("Below zero"), days(14), [Series("current", "2026", values)], "money", id="below")


def empty_chart() -> Chart:
    return Chart(_("Without data"), days(7), [Series("current", "2026", [None] * 7)], "money", id="none")


def tiles() -> list[Tile]:
    """On target, slightly off, off, without target, long, without data, negative."""
    spark, month = wave(60, 430), dates.period(AS_OF.replace(day=1), AS_OF)
    return [
        Tile(
            _("Revenue"), 1_243_567, "money", 0, "#tiles", month, "amber", "noise", -0.02, 0.08, spark=spark,
            made_of="#/provenance/?",
        ),
        Tile(
            _("Conversion rate"), 0.0198, "ratio", 2, "#tiles", month, "red", "low", -0.002, -0.001, True,
            spark=spark,
        ),
        Tile(
            _("Orders"), 10_432, "count", 0, "#tiles", month, "good", "high", 0.01, 0.03, spark=spark,
            spark_target=500,
        ),
        Tile(
            _("Cancellations per hundred orders of the marketplace, all channels together"), 0.03, "ratio", 2,
            "#tiles", month, "none", "unknown", None, 0.1, True, "down", spark,
        ),
        Tile(_("Margin after returns"), -3_250, "money", 0, "#tiles", month, "red", "low", -1.4, -2.1, spark=spark),
        Tile(
            _("Availability"), None, "ratio", 2, "#tiles", status="unknown",
            reason=_("no file since 12 November"),
        ),
    ]  # fmt: skip


class SampleForm(forms.Form):
    """A field of each sort, one of them closed."""

    name = forms.CharField(label=gettext_lazy("Name"), help_text=gettext_lazy("As it appears in lists."))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[("a", gettext_lazy("First choice"))], required=False
    )
    day = forms.DateField(label=gettext_lazy("Day"), required=False)
    file = forms.FileField(label=gettext_lazy("File"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, required=False)
    closed = forms.CharField(
        label=gettext_lazy("Cannot be changed"), disabled=True, initial="EUR", required=False
    )
    agree = forms.BooleanField(
        label=gettext_lazy("I agree"), required=False, help_text=gettext_lazy("It can be undone.")
    )
    scope = forms.MultipleChoiceField(
        label=gettext_lazy("Scope"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("m", gettext_lazy("Mobile")), ("d", gettext_lazy("Desktop"))],
        required=False,
    )


class SampleFilter(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Search"), required=False, widget=forms.TextInput(attrs={"type": "search"})
    )
    state = forms.ChoiceField(
        label=gettext_lazy("State"), choices=[("", gettext_lazy("All"))], required=False
    )


class RemarkForm(forms.Form):
    text = forms.CharField(label=gettext_lazy("Your comment"), widget=forms.Textarea(attrs={"rows": 2}))


class SampleTable(tables.Table):
    label = gettext_lazy("A list")

    name = tables.Column(verbose_name=gettext_lazy("Indicator"), linkify=lambda: "#list")
    status = figures.StatusColumn(verbose_name=gettext_lazy("Status"))
    signal = figures.SignalColumn(verbose_name=gettext_lazy("Movement"), orderable=False)
    value = figures.FigureColumn(verbose_name=gettext_lazy("Value"), unit="money")
    gap = figures.DeltaColumn(verbose_name=gettext_lazy("Gap"))
    day = figures.DayColumn(verbose_name=gettext_lazy("Day"))


def rows() -> list[dict[str, Any]]:
    """Missing, negative and long among the usual."""
    usual = {"status": "red", "signal": "low", "gap": -0.31, "day": AS_OF}
    found = [{"name": f"{_('Revenue')} {n}", "value": 1000 * n, **usual} for n in range(ROWS)]
    found[1] |= {"value": None, "gap": None, "status": "unknown", "signal": "unknown"}
    found[2] |= {"value": -1_234_567, "status": "good", "gap": 2.369}
    found[3]["name"] = _("Cancellations per hundred orders of the marketplace, all channels together")
    return found


@dataclass(frozen=True)
class Remark:
    pk: int
    author: str
    created_at: datetime
    text: str


def thread() -> list[Remark]:
    at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    long = _("The payment page was slow from noon to two; the team has put the old one back, and watches it.")
    return [
        Remark(1, _("A colleague"), at, _("Seen.")),
        Remark(2, _("A colleague whose name is long"), at, long),
    ]


def steps() -> list[dict[str, Any]]:
    told = {"detail": _("35,147 rows"), "at": "1,2 s"}
    titles = {
        "done": _("File read"),
        "failed": _("Facts rebuilt"),
        "current": _("Figures stored"),
        "waiting": _("Night"),
    }
    return [{"title": title, "state": state, **told} for state, title in titles.items()]


# Each code of a verdict once: synonyms look alike.
STATUS_CODES = tuple({verdict.word: code for code, verdict in STATUSES.items() if code}.values())
SIGNAL_CODES = tuple({verdict.word: code for code, verdict in SIGNALS.items() if code}.values())


def sheet() -> Sheet:
    """Cells that are stored, empty, typed, wrong and closed; rows and columns summed."""
    first = Cell((Decimal("60000.5"),)), Cell(hint="5 000"), Cell(typed="7 000", now=(Decimal(7000),))
    second = (
        Cell(typed=_("a lot"), error=_("Enter a number.")),
        Cell((Decimal(1200),), note=_("Because")),
        Cell((Decimal(80),), locked=_("Over")),
    )
    lines = [Line(_("Last year"), ["58 200", "", "6 900"], "65 100")]
    columns = [Column(str(n), dates.month_short(date(2026, n, 1))) for n in (9, 10, 11)]
    return Sheet(
        label=_("A sheet"),
        corner=_("Indicator"),
        columns=columns,
        rows=[
            Row(
                "1",
                _("Revenue"),
                first,
                "money",
                group=_("Tiles"),
                done=[Decimal(61000), Decimal(0), Decimal(0)],
                lines=lines,
            ),
            Row("2", _("Returns"), second, "money", group=_("Tiles")),
        ],
        row_total=_("Year"),
        left=_("Left to reach"),
        column_total=_("Sum"),
    )


def samples(data: Any = None) -> dict[str, Any]:
    """What the page shows; ``data`` is what its form was sent with, else a form already refused."""
    return {
        "tiles": tiles(),
        "chart": full_chart(),
        "below": below_zero_chart(),
        "without": empty_chart(),
        "refused": SampleForm(data or {"reason": _("Because")}),
        "blank": SampleForm(prefix="blank"),
        "filter": SampleFilter(),
        "remark": RemarkForm(),
        "thread": thread(),
        "facts": [(_("File"), "orders.csv", "#facts"), (_("By"), None), (_("Rows"), "35 147")],
        "steps": steps(),
        "sheet": sheet(),
        "statuses": STATUS_CODES,
        "signals": SIGNAL_CODES,
        "tones": ("info", "good", "warn", "bad"),
        "spark": wave(30, 5),
        "flat": [5.0] * 30,
        "one": [None, 4.0, None],
    }


class EmptyTable(SampleTable):
    label = gettext_lazy("An empty list")


def filled() -> SampleTable:
    return SampleTable(rows())  # type: ignore[no-untyped-call]  # library base


def empty() -> SampleTable:
    return EmptyTable([])  # type: ignore[no-untyped-call]  # library base
