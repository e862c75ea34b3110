"""What the components show: tiles, charts, and the words, icons and tones of a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from base import charts, dates, formats
from base.charts import Frame, Series, Value

Word = Any  # a lazy translation; django-stubs types it as a promise that templates take as text


@dataclass(frozen=True)
class Verdict:
    """How a status or a signal is shown: always a tone, an icon and a word together."""

    tone: str
    icon: str
    word: Word


_GOOD = Verdict("good", "circle-check", gettext_lazy("On target"))
_WARN = Verdict("warn", "triangle-alert", gettext_lazy("Slightly off"))
_BAD = Verdict("bad", "octagon-alert", gettext_lazy("Off target"))
_NONE = Verdict("neutral", "circle-minus", gettext_lazy("No target"))
STATUSES: dict[str, Verdict] = {
    "good": _GOOD, "green": _GOOD,
    "warn": _WARN, "amber": _WARN,
    "bad": _BAD, "red": _BAD,
    "neutral": _NONE, "none": _NONE, "": _NONE,
    "unknown": Verdict("neutral", "circle-question-mark", gettext_lazy("No data")),
    "info": Verdict("info", "info", gettext_lazy("Information")),
}  # fmt: skip

_NOISE = Verdict("noise", "audio-waveform", gettext_lazy("Usual variation"))
SIGNALS: dict[str, Verdict] = {
    "noise": _NOISE, "none": _NOISE, "": _NOISE,
    "high": Verdict("signal", "activity", gettext_lazy("Signal: unusually high")),
    "low": Verdict("signal", "activity", gettext_lazy("Signal: unusually low")),
    "edge": Verdict("noise", "audio-waveform", gettext_lazy("Unusual, but no signal")),
    "unknown": Verdict("noise", "hourglass", gettext_lazy("Too little history")),
    "partial": Verdict("noise", "hourglass", gettext_lazy("Not judged: days are missing")),
    "missing": Verdict("noise", "circle-question-mark", gettext_lazy("No figures yet")),
}  # fmt: skip
_SIGNAL = Verdict("signal", "activity", pgettext_lazy("not noise", "Signal"))


def status_of(code: str | None) -> Verdict:
    return STATUSES.get(code or "", STATUSES["unknown"])


def signal_of(code: str | None) -> Verdict:
    return SIGNALS.get(code or "", _SIGNAL)


def tone_of_change(value: Value, direction: str) -> str:
    """``good`` or ``bad`` for a change that has a better side, else ``flat``."""
    change = charts.number(value)
    if not change or direction not in ("up", "down"):
        return "flat"
    return "good" if (change > 0) == (direction == "up") else "bad"


@dataclass(frozen=True)
class Tile:
    """A headline figure. ``vs_target`` and ``vs_last_year`` are relative, or in points if ``points``."""

    label: str
    value: Value
    unit: str
    decimals: int = 0
    url: str = ""
    period: str = ""
    status: str = "none"
    signal: str = ""
    vs_target: Value = None
    vs_last_year: Value = None
    points: bool = False
    direction: str = "up"
    spark: Sequence[Value] = ()
    spark_target: Value = None
    reason: str = ""
    made_of: str = ""  # the address of what the figure itself is made of
    heading: str = ""  # what the tile is called where its label is the page's own title

    @property
    def change_decimals(self) -> int:
        """Points are told as closely as the ratio itself."""
        return max(1, self.decimals) if self.points else 1

    @property
    def spark_label(self) -> str:
        return spark_words(self.label, self.spark, self.unit, self.decimals)


def spark_words(label: str, values: Sequence[Value], unit: str, decimals: int | None = None) -> str:
    """What a sparkline shows, in one sentence."""
    ends = charts.direction_of(values)
    if ends is None:
        return _("%(name)s: no data") % {"name": label}
    first, last = (formats.figure(v, unit, decimals) for v in ends)
    if not label:  # in the row of a table, whose heading says the name
        told = ngettext(
            "%(count)s period: %(last)s", "%(count)s periods: from %(first)s to %(last)s", len(values)
        )
        return told % {"count": len(values), "first": first, "last": last}
    told = ngettext(
        "%(name)s over %(count)s period: %(last)s",
        "%(name)s over %(count)s periods: from %(first)s to %(last)s",
        len(values),
    )
    return told % {"name": label, "count": len(values), "first": first, "last": last}


def _places(ticks: Sequence[float]) -> int:
    """The decimals, two at most, that write every one of them exactly."""
    return next((places for places in (0, 1) if all(abs(round(t, places) - t) < 1e-9 for t in ticks)), 2)


@dataclass(frozen=True)
class Chart:
    """Lines over dates. ``grain`` writes the dates; ``band`` is the expected range (lows, highs)."""

    title: str
    dates: Sequence[date]
    series: Sequence[Series]
    unit: str
    decimals: int = 0
    grain: str = "day"
    band: tuple[Sequence[Value], Sequence[Value]] | None = None
    from_zero: bool = True
    id: str = "chart"
    _frames: list[tuple[Frame, ...]] = field(default_factory=list, compare=False, repr=False)

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The geometry, worked out once however many components show it."""
        if not self._frames:
            labels = [axis_date(d, self.grain) for d in self.dates]
            found = charts.frames(
                labels, self.series, self.axis_figures, band=self.band, from_zero=self.from_zero
            )
            self._frames.append(found)
        return self._frames[0]

    def axis_figures(self, ticks: Sequence[float]) -> list[str]:
        """The figures along an axis: short, and all with the decimals that the finest of them needs."""
        if self.unit == "ratio":
            places = _places([tick * 100 for tick in ticks])
            return [formats.percent(tick, places) for tick in ticks]
        places = _places(ticks)
        if self.unit == "money" and places:
            places = 2  # cents are written in pairs
        return [self._axis_figure(tick, places) for tick in ticks]

    def _axis_figure(self, tick: float, places: int) -> str:
        if abs(tick) >= 1000:
            return (formats.money_short if self.unit == "money" else formats.count_short)(tick, tidy=True)
        return formats.figure(tick, self.unit, places)

    @property
    def summary(self) -> str:
        return " ".join(self._sentence(s) for s in self.series)

    def _sentence(self, series: Series) -> str:
        words = spark_words(series.label, series.values, self.unit, self.decimals)
        missing = charts.breaks(series.values)
        return f"{words}, {_('%(count)s missing') % {'count': missing}}." if missing else f"{words}."

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The table behind the chart: a date and the written figure of each series."""
        write = formats.writer(self.unit, self.decimals)
        columns = [[write(charts.number(v)) for v in s.values] for s in self.series]
        return [
            (long_date(d, self.grain), list(cells))
            for d, cells in zip(self.dates, zip(*columns, strict=True), strict=True)
        ]


def axis_date(day: date, grain: str) -> str:
    if grain in ("month", "quarter", "year"):
        return dates.month_short(day)
    return dates.day_short(day)


def long_date(day: date, grain: str) -> str:
    return dates.month(day) if grain == "month" else dates.day(day)


def initials(name: Any) -> str:
    """At most two letters for an avatar."""
    words = str(name).replace("-", " ").split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
