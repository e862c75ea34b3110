"""Columns that write figures, days and verdicts the same way in every list; exports keep the plain values."""

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html

from base import dates
from base.components import signal_of, status_of
from base.templatetags import vigie

NUMERIC = {"th": {"class": "num"}, "td": {"class": "num"}}


class TypedColumn(tables.Column):
    """A column whose constructor has types."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # library base


class PlainColumn(TypedColumn):
    """Exports what is stored, not what is shown."""

    def value(self, **kwargs: Any) -> Any:
        return kwargs["value"]


class FigureColumn(PlainColumn):
    """A figure in a given unit, or in the row's own (``indicator`` leads to what has unit and decimals)."""

    def __init__(
        self,
        *,
        unit: str = "count",
        decimals: int = 0,
        indicator: str = "",
        signed: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(attrs=NUMERIC | kwargs.pop("attrs", {}), empty_values=(), **kwargs)
        self.unit, self.decimals, self.signed = unit, decimals, signed
        self.indicator = tables.A(indicator) if indicator else None

    def render(self, value: Any, record: Any = None) -> Any:
        of = self.indicator.resolve(record) if self.indicator else self
        return vigie.figure(value, of.unit, of.decimals, signed=self.signed)


class DeltaColumn(PlainColumn):
    """A change, relative or in points; ``direction`` is a word or an accessor (``indicator__direction``)."""

    def __init__(self, *, direction: str = "up", points: bool = False, **kwargs: Any) -> None:
        super().__init__(attrs=NUMERIC | kwargs.pop("attrs", {}), empty_values=(), **kwargs)
        self.direction, self.points = direction, points

    def render(self, value: Any, record: Any = None) -> Any:
        known = self.direction in ("up", "down", "range")
        direction = self.direction if known else str(tables.A(self.direction).resolve(record))
        return vigie.delta(value, direction, self.points)


class StatusColumn(TypedColumn):
    def render(self, value: Any) -> Any:
        return vigie.status(value)

    def value(self, **kwargs: Any) -> str:
        return str(status_of(kwargs["value"]).word)


class SignalColumn(TypedColumn):
    def render(self, value: Any) -> Any:
        return vigie.signal(value)

    def value(self, **kwargs: Any) -> str:
        return str(signal_of(kwargs["value"]).word)


class DayColumn(PlainColumn):
    def render(self, value: Any) -> Any:
        return format_html(
            '<time datetime="{}" class="nowrap">{}</time>', value.isoformat(), dates.day(value)
        )


class MomentColumn(PlainColumn):
    def render(self, value: Any) -> Any:
        return format_html(
            '<time datetime="{}" class="nowrap">{}</time>', value.isoformat(), dates.moment(value)
        )
