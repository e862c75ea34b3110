"""The sheet of targets: indicators by group × the months of a fiscal year, with last year and what was reached."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts.models import User
from base import dates, formats
from base.calendar import EARLIEST, LATEST, CalendarRules, Grain, Period, add_months, month_end, period_of
from base.grid.reading import MOST_PLACES
from base.grid.sheet import NOTHING, Cell, Column, Line, Row, Sheet, Value
from base.rounding import rounded
from kpis.catalogue import Catalogue
from kpis.formula_traits import adds_up, counts_customers
from kpis.models import Direction, Indicator, Target, TargetProposal, Unit
from kpis.pages.addresses import made_of
from kpis.pages.indicator_list import GROUP_ORDER
from kpis.pages.tiles import GROUPS, page_of_indicator
from kpis.segments import WHOLE
from kpis.target_doubts import year_before
from kpis.targets import Bounds, TargetBook, bounds_of
from kpis.values import Question, compute
from kpis.values import Value as Figure

ROWS = 40  # of one page: what a browser types in with ease, in less than 100 kB
FIRST_YEAR, LAST_YEAR = EARLIEST.year + 1, LATEST.year - 2

_MONTH = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)

Figures = Mapping[tuple[str, Period], Figure]


@dataclass(frozen=True)
class SheetAsked:
    """Which fiscal year (that it begins in), which group of indicators and which page of them."""

    year: int
    group: str = ""
    page: int = 1

    @classmethod
    def of(cls, data: Mapping[str, Any], today: date, rules: CalendarRules) -> "SheetAsked":
        """What a query asks for; what cannot be read is as if not asked."""
        usual = period_of(Grain.YEAR, today, rules).start.year
        year = _whole(data.get("year"), usual)
        group = str(data.get("group", ""))
        return cls(
            year if FIRST_YEAR <= year <= LAST_YEAR else usual,
            group if group in GROUPS else "",
            max(1, _whole(data.get("page"), 1)),
        )


def _whole(text: object, usual: int) -> int:
    written = str(text or "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 6 else usual


@dataclass(frozen=True)
class TargetYear:
    """What the sheet of one year is made of. A number of queries that does not depend on how many indicators."""

    asked: SheetAsked
    rules: CalendarRules
    user: User
    catalogue: Catalogue

    @cached_property
    def page(self) -> Page[Indicator]:
        found = Indicator.objects.visible_to(self.user).filter(code__in=self.catalogue.sound)
        if self.asked.group:
            found = found.filter(group=self.asked.group)
        ordered = found.order_by(GROUP_ORDER, "group", "position", "code")
        return Paginator(ordered, ROWS).get_page(self.asked.page)

    @cached_property
    def indicators(self) -> list[Indicator]:
        return list(self.page)

    @cached_property
    def by_row(self) -> dict[str, Indicator]:
        """The indicators by the key of their row."""
        return {str(indicator.pk): indicator for indicator in self.indicators}

    @cached_property
    def year(self) -> Period:
        return period_of(Grain.YEAR, date(self.asked.year, self.rules.fiscal_year_start, 1), self.rules)

    @cached_property
    def months(self) -> list[Period]:
        starts = [add_months(self.year.start, n) for n in range(12)]
        return [Period(start, month_end(start)) for start in starts]

    @cached_property
    def by_key(self) -> dict[str, Period]:
        """The months by the key of their column, which names them whatever month the fiscal year begins in."""
        return {f"{month.start:%Y-%m}": month for month in self.months}

    def place_of(self, row: str, column: str) -> str:
        """Where a cell is that may be on another page, or of another fiscal year, by the keys of its row and column."""
        month = _MONTH.fullmatch(column)
        when = dates.month(date(int(month[1]), int(month[2]), 1)) if month else column
        return f"{self._names.get(row, row)}, {when}"

    @cached_property
    def _names(self) -> dict[str, str]:
        return {str(found.pk): found.name for found in Indicator.objects.visible_to(self.user)}

    def figures(self, *periods: Period) -> Figures:
        """The values of the indicators over disjoint periods."""
        codes = tuple(indicator.code for indicator in self.indicators)
        found = compute(Question(codes, periods), self.catalogue) if codes else []
        return {(value.indicator, value.period): value for value in found}

    @cached_property
    def by_month(self) -> Figures:
        return self.figures(*(year_before(month) for month in self.months), *self.months)

    @cached_property
    def by_year(self) -> Figures:
        return self.figures(year_before(self.year), self.year)

    @cached_property
    def targets(self) -> dict[tuple[int, date], Target]:
        """Those in force for exactly these months, of the whole."""
        found = Target.objects.live().filter(segment__key=WHOLE, **self._scope)
        return {(t.indicator_id, t.start): t for t in found.select_related("created_by") if _is_month(t)}

    @cached_property
    def proposals(self) -> dict[tuple[int, date], TargetProposal]:
        """The last that waits for each of these months, of those the reader may see."""
        found = (
            TargetProposal.objects.visible_to(self.user).waiting().filter(segment__key=WHOLE, **self._scope)
        )
        ordered = found.select_related("begun_by").order_by("pk")
        return {(p.indicator_id, p.start): p for p in ordered if _is_month(p)}

    @cached_property
    def book(self) -> TargetBook:
        """What holds for a month without a target of its own: its share of a longer one."""
        return TargetBook([i.code for i in self.indicators], self.year.start, self.year.end)

    @property
    def _scope(self) -> dict[str, Any]:
        return {
            "indicator__in": [indicator.pk for indicator in self.indicators],
            "start__in": [month.start for month in self.months],
        }

    def last_year(self, indicator: Indicator, month: Period) -> Decimal | None:
        """Last year's figure of a month, where all its days are known."""
        found = self.by_month[indicator.code, year_before(month)]
        return found.value if found.days_present == found.days_expected else None


def _is_month(found: Target | TargetProposal) -> bool:
    return found.end == month_end(found.start)


def sheet_of(about: TargetYear, *, editable: bool) -> Sheet:
    return Sheet(
        label=_("Targets by month"),
        corner=_("Indicator"),
        columns=[Column(key, dates.month_short(month.start)) for key, month in about.by_key.items()],
        rows=[_row(about, indicator) for indicator in about.indicators],
        row_total=_("Year"),
        left=_("Left to reach"),
        editable=editable,
    )


def _row(about: TargetYear, indicator: Indicator) -> Row:
    return Row(
        key=str(indicator.pk),
        heading=_named(indicator),
        cells=[_cell(about, indicator, month) for month in about.months],
        unit=indicator.unit,
        decimals=indicator.decimals,
        group=GROUPS.get(indicator.group, indicator.group),
        url=page_of_indicator(indicator.code),
        bounds=indicator.direction == Direction.RANGE,
        adds_up=adds_up(about.catalogue, indicator.code),
        done=_done(about, indicator),
        lines=[
            _line(
                about,
                indicator,
                _("Last year"),
                [year_before(month) for month in about.months],
                year_before(about.year),
            ),
            _line(about, indicator, _("Actual"), about.months, about.year),
        ],
    )


def _done(about: TargetYear, indicator: Indicator) -> list[Decimal]:
    """What each month has reached; nothing where nothing is known of the year."""
    if about.by_year[indicator.code, about.year].value is None:
        return []
    return [about.by_month[indicator.code, month].value or Decimal(0) for month in about.months]


def _named(indicator: Indicator) -> str:
    """With the unit its cells are typed in."""
    if indicator.unit == Unit.RATIO:
        return f"{indicator.name} (%)"
    return f"{indicator.name} ({formats.currency_sign()})" if indicator.unit == Unit.MONEY else indicator.name


def _cell(about: TargetYear, indicator: Indicator, month: Period) -> Cell:
    place = indicator.pk, month.start
    target, proposal = about.targets.get(place), about.proposals.get(place)
    value = value_of(bounds_of(target))
    return Cell(
        value=value,
        hint="" if value else _hint(about, indicator, month),
        note=_proposed(indicator, proposal) if proposal else "",
    )


def value_of(bounds: Bounds | None) -> Value:
    """As a cell holds it."""
    if bounds is None:
        return NOTHING
    return (bounds.value,) if bounds.high is None else (bounds.value, bounds.high)


def bounds_in(value: Value) -> Bounds | None:
    return Bounds(*value) if value else None


def _hint(about: TargetYear, indicator: Indicator, month: Period) -> str:
    """What a longer target makes of the month; that of a distinct count makes nothing of it."""
    own = counts_customers(about.catalogue, indicator.code)
    held = about.book.bounds(indicator.code, WHOLE, month, own_period_only=own) if about.book else None
    return "" if held is None else formats.figure_of(indicator, held.value)


def _proposed(indicator: Indicator, proposal: TargetProposal) -> str:
    figures = " – ".join(formats.figure_of(indicator, bound) for bound in value_of(bounds_of(proposal)))
    return _("%(figure)s proposed by %(name)s") % {"figure": figures, "name": proposal.begun_by}


def _line(
    about: TargetYear, indicator: Indicator, heading: str, months: Sequence[Period], year: Period
) -> Line:
    write = formats.writer(indicator.unit, indicator.decimals)

    def shown(found: Figure) -> str:
        """In italics where not all days are known."""
        if found.value is None:
            return ""
        text = escape(write(found.value))
        return mark_safe(text if found.days_present == found.days_expected else f"<i>{text}</i>")

    whole = about.by_year[indicator.code, year]
    link = f'<a href="{escape(made_of(indicator.code, year.start, year.end))}">{shown(whole)}</a>'
    return Line(
        heading,
        [shown(about.by_month[indicator.code, month]) for month in months],
        mark_safe(link) if whole.value is not None else "",
    )


def filled(sheet: Sheet, about: TargetYear, asked: Mapping[str, Any]) -> Sheet:
    """Cells filled from last year and so many percent, not stored yet: the empty ones, or all.

    ``asked`` is the ``cleaned_data`` of the form. Where last year is not known whole, a cell stays as it is.
    """
    growth = 1 + asked["growth"]
    cells: dict[str, Cell] = {}
    for name, row, column, cell in sheet.open_cells():
        if row.bounds or asked["row"] not in ("", row.key):
            continue
        if asked["which"] == "empty" and (cell.current or cell.is_unread):  # a text to mend is not empty
            continue
        indicator = about.by_row[row.key]
        last = about.last_year(indicator, about.by_key[column.key])
        value = _grown(indicator, last, growth)
        if value is not None and (value,) != cell.current:
            cells[name] = replace(cell, typed=row.written((value,)), now=(value,), error="")
    return sheet.with_cells(cells)


def _grown(indicator: Indicator, last: Decimal | None, growth: Decimal) -> Decimal | None:
    """As round as the indicator is written: nobody sets a target to the cent."""
    places = indicator.decimals + (2 if indicator.unit == Unit.RATIO else 0)
    return None if last is None else rounded(last * growth, min(places, MOST_PLACES))
