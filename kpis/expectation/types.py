"""The words of the expectation: what goes in (Panel, Calendar, Span, History), what comes out (Verdict)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]

ALL_WEEK: frozenset[int] = frozenset(range(1, 8))


class Signal(StrEnum):
    """What the movement says. Only HIGH and LOW open a deviation; DRIFT_* are shown beside the figure."""

    NONE = "none"
    HIGH = "high"
    LOW = "low"
    DRIFT_UP = "drift_up"
    DRIFT_DOWN = "drift_down"


class Rule(StrEnum):
    """Which rule spoke. The first three are Wheeler's (xmrit.com), on the residual after calendar effects."""

    LIMITS = "limits"  # one point outside the natural process limits
    NEAR_LIMIT = "near_limit"  # 3 of 4 nearer a limit than the centre, same side
    RUN = "run"  # 8 in a row on one side
    ONE_ORDER = "one_order"  # one unheard-of order carries the period


class Reason(StrEnum):
    """Why the verdict is what it is, for the page to put into words."""

    WITHIN = "within"  # inside the expected range
    BEYOND = "beyond"  # outside, no single order explains it
    ONE_ORDER = "one_order"  # outside, and back inside without its largest order
    NO_ACTIVITY = "no_activity"  # nothing at all on a day that should be open
    SEEN_BEFORE = "seen_before"  # outside, but as far several times within a year
    AS_WHOLE = "as_whole"  # outside, only as much as the whole is
    SAME_ORDER = "same_order"  # carried by an order that another scope, or the whole, is flagged for
    SMALL = "small"  # outside, but too little is at stake to say so
    SPARSE = "sparse"  # outside, but empty on most days: no day or week is usual
    CLOSED = "closed"  # closed weekday, holiday or closure
    PARTIAL = "partial"  # the last day is incomplete
    UNKNOWN = "unknown"  # no value
    SHORT = "short"  # too little history, or too few days elapsed, to judge
    DRIFT = "drift"  # inside the limits, leaning to one side


@dataclass(frozen=True)
class Calendar:
    """Days, past and future: public holidays by code, retail events, open weekdays (ISO 1-7), closures."""

    holidays: Mapping[date, str] = field(default_factory=dict)
    events: Mapping[date, Collection[str]] = field(default_factory=dict)
    open_weekdays: frozenset[int] = ALL_WEEK
    closures: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Panel:
    """One indicator over n consecutive days up to as_of, for s scopes at once.

    y: n × s, NaN where the day is unknown. w: n × s denominators of a ratio (a period is then Σyw/Σw; use
    ones for a plain mean), None where days add up. top: n × s, the largest single order inside each day, in the
    unit of y (of y·w for a ratio). partial: the last day is incomplete, it is left out. total: the column
    that is the whole (None if there is none): a scope is flagged only when it matters to that whole.
    """

    days: Days
    y: Floats
    w: Floats | None = None
    top: Floats | None = None
    calendar: Calendar = field(default_factory=Calendar)
    partial: bool = False
    total: int | None = None


@dataclass(frozen=True)
class Span:
    """The part of a period to be judged: start to end, both inside; `grain` is day, week or month."""

    grain: str
    start: date
    end: date


@dataclass(frozen=True)
class History:
    """Values of past periods for what does not add up over days (distinct customers), per grain.

    spans: m past periods, best trimmed to the same number of elapsed days as the one judged; values: m × s;
    current: s, the value of the period judged. NaN = unknown.
    """

    spans: tuple[Span, ...]
    values: Floats
    current: Floats


@dataclass(frozen=True)
class Policy:
    """How sure and how large a deviation must be, per grain. Figures and their tuning: docs/signals.md."""

    z: Mapping[str, float] = field(default_factory=lambda: {"day": 4.0, "week": 3.8, "month": 3.3})
    effect: Mapping[str, float] = field(default_factory=lambda: {"day": 0.25, "week": 0.15, "month": 0.10})
    stake: Mapping[str, float] = field(default_factory=lambda: {"day": 0.08, "week": 0.05, "month": 0.04})
    scope_z: float = 0.8  # more for each scope but the whole: there are many of them
    count: float = 5.0  # what is counted must be off by that many
    thin: float = 0.25  # of its usual denominator: under it a ratio is not judged
    active: float = 0.5  # of its days must have something, or a day or week of it is not judged
    # One earlier episode as far out is allowed for in that many days of history (of the last year).
    precedent: Mapping[str, int] = field(default_factory=lambda: {"day": 120, "week": 180, "month": 365})
    min_elapsed: Mapping[str, int] = field(default_factory=lambda: {"day": 1, "week": 3, "month": 7})
    drift: float = 0.05  # mean relative error of a run under which drift is not worth a word
    one_order_share: float = 0.30  # of the period's value
    one_order_record: float = 1.5  # times the largest order seen before


@dataclass(frozen=True)
class Verdict:
    """What a period of one scope was, should have been (about 95 % range) and says. None = does not exist."""

    value: float | None
    expected: float | None
    low: float | None
    high: float | None
    limit_low: float | None
    limit_high: float | None
    z: float | None
    signal: Signal
    rules: tuple[Rule, ...]
    reason: Reason
    provisional: bool
