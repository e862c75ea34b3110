"""The lists of deviations and nights: what they show, sort by and export."""

from collections.abc import Mapping
from typing import Any

import django_tables2 as tables
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from base import dates, formats
from base.components import Verdict
from base.tables import NUMERIC, DeltaColumn, FigureColumn, MomentColumn, PlainColumn
from base.templatetags import vigie
from kpis.deviations import TARGET
from kpis.models import Deviation, NightlyRun, NightState
from kpis.pages import sentences, words
from kpis.pages.addresses import made_of_deviation

Sorted = tuple[QuerySet[Any], bool]


def code_of(record: Any, bound_column: Any) -> str:
    """What is stored: the library hands over the display value of fields with choices."""
    return str(bound_column.accessor.resolve(record))


class VerdictColumn(tables.Column):
    """A code shown as a badge and exported as its word."""

    def __init__(self, *, words: Mapping[str, Verdict], **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # as shipped
        self.words = words

    def render(self, record: Any, bound_column: Any) -> Any:  # type: ignore[override]  # given what it names
        return vigie.badge(self.words[code_of(record, bound_column)])

    def value(self, **kwargs: Any) -> str:
        return str(self.words[code_of(kwargs["record"], kwargs["bound_column"])].word)


class WordColumn(tables.Column):
    """A code shown and exported in words."""

    def __init__(self, *, words: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]  # as shipped
        self.words = words

    def render(self, value: Any) -> Any:
        return self.words.get(value, value)


class SegmentTable(tables.Table):
    """A list whose rows have an indicator and a segment, said in words."""

    def __init__(self, *args: Any, dimensions: Mapping[str, str], **kwargs: Any) -> None:
        self.dimensions = dimensions
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # library base

    def value_indicator(self, record: Any) -> str:
        return str(record.indicator)

    def render_segment(self, record: Any) -> str:
        return words.segment_in_words(record.segment.values, self.dimensions)


def money_at_stake(money: float | None) -> SafeString:
    """What a gap is worth: a loss or a gain, in colour and, for those who do not see it, in a word."""
    if money is None:
        return vigie.missing(_now("amount not known"))
    tone, word = ("bad", _now("lost")) if money < 0 else ("good", _now("gained"))
    text = formats.money(money, 0, signed=True)
    return format_html('<span class="delta {}">{}<span class="sr-only"> {}</span></span>', tone, text, word)


SEVERITY_ORDER = Case(
    *(When(severity=code, then=Value(place)) for place, code in enumerate(words.SEVERITIES)),
    output_field=IntegerField(),
)


class DeviationTable(SegmentTable):
    """On the page a cell says several things; an export has a column for each."""

    indicator = tables.Column(
        verbose_name=_("Deviation"),
        order_by=("indicator__position", "start"),
        attrs={"td": {"class": "roomy"}},
    )
    severity = VerdictColumn(verbose_name=_("Severity"), words=words.SEVERITIES)
    start = tables.Column(verbose_name=_("Period"), order_by=("start", "end"))
    value = PlainColumn(verbose_name=_("Value"), attrs=NUMERIC, orderable=False, empty_values=())
    gap_relative = DeltaColumn(verbose_name=_("Gap"), direction="indicator__direction")
    money = PlainColumn(verbose_name=_("Money at stake"), attrs=NUMERIC, empty_values=())
    state = tables.Column(verbose_name=_("State"), order_by=("state", "owner__full_name"))
    # For exports only.
    segment = tables.Column(verbose_name=_("Segment"), visible=False)
    grain = WordColumn(verbose_name=_("Grain"), words=words.GRAINS, visible=False)
    end = tables.Column(verbose_name=_("End"), visible=False)
    reference = tables.Column(verbose_name=_("Reference"), visible=False)
    rule = WordColumn(verbose_name=_("Rule"), words=words.RULES, visible=False)
    explanation = tables.Column(verbose_name=_("Explanation"), accessor="pk", visible=False)
    more = tables.Column(verbose_name=_("Other figures moved"), visible=False)
    owner = tables.Column(verbose_name=_("Owner"), visible=False, default="")
    acknowledged_by = tables.Column(verbose_name=_("Acknowledged by"), visible=False, default="")

    label = _("Deviations")  # of its region, for those who do not see the heading over it

    class Meta:
        empty_text = _("No deviation matches these filters.")

    def render_indicator(self, record: Deviation) -> SafeString:
        return format_html(
            '<div><a href="{}">{}</a> <span class="muted whole">· {}</span><br>'
            '<span class="muted small">{}{}</span></div>',
            reverse("deviation_detail", args=[record.pk]),
            record.indicator,
            self.render_segment(record),
            sentences.explanation(record),
            sentences.and_more(getattr(record, "more", 0)),
        )

    def render_start(self, record: Deviation) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', sentences.period_in_words(record))

    def value_start(self, record: Deviation) -> Any:
        return record.start

    def render_value(self, record: Deviation) -> SafeString:
        """The value, and under it what it is held against."""
        against = _now("target") if record.rule == TARGET else _now("expected")
        return format_html(
            '<div><a href="{}">{}</a><br><span class="muted small">{} {}</span></div>',
            made_of_deviation(record),
            formats.figure_of(record.indicator, record.value),
            against,
            formats.figure_of(record.indicator, record.reference),
        )

    def value_value(self, value: float | None) -> float | None:
        return value

    def render_money(self, value: float | None) -> SafeString:
        return money_at_stake(value)

    def value_money(self, value: float | None) -> float | None:
        return value

    def render_state(self, record: Deviation) -> SafeString:
        """The state, who has it, and whether somebody has said they saw it."""
        seen: SafeString | str = ""
        if record.acknowledged_at is not None:
            told = _now("acknowledged by %(name)s") % {"name": record.acknowledged_by or "—"}
            seen = format_html('<span title="{}">{}</span>', told, vigie.icon("check-check", label=told))
        return format_html(
            '<div>{}<div class="muted small">{} {}</div></div>',
            vigie.badge(words.STATES[record.state]),
            record.owner or "",
            seen,
        )

    def value_state(self, record: Deviation) -> str:
        return str(words.STATES[record.state].word)

    def value_explanation(self, record: Deviation) -> str:
        return sentences.explanation(record)

    def order_severity(self, found: QuerySet[Deviation], is_descending: bool) -> Sorted:
        ordered = found.annotate(rank=SEVERITY_ORDER)
        return ordered.order_by("-rank" if is_descending else "rank", "-at_stake"), True

    def order_money(self, found: QuerySet[Deviation], is_descending: bool) -> Sorted:
        at_stake = F("at_stake")
        how = at_stake.desc(nulls_last=True) if is_descending else at_stake.asc(nulls_last=True)
        return found.order_by(how, "-start", "id"), True


def night_state(run: NightlyRun) -> str:
    """A night that went on without some of its steps is done in part."""
    failed = getattr(run, "failed", 0)
    return "partly" if run.state == NightState.DONE and failed else str(run.state)


def duration(run: NightlyRun) -> float | None:
    """Seconds from start to end; None while it runs."""
    return (run.finished_at - run.created_at).total_seconds() if run.finished_at else None


COUNTED = ("gaps", "opened", "updated", "closed")


def counts_of(run: NightlyRun) -> dict[str, int | None]:
    """What a night counted, but for the indicators closed to the reader (``closed_codes``, as annotated); None where it
    cannot be told apart.
    """
    closed: list[str] = vars(run)["closed_codes"]
    counts: dict[str, int | None] = {name: getattr(run, name) for name in ("indicators", *COUNTED)}
    if not closed:
        return counts
    if run.indicators and not run.by_indicator:  # a night from before figures had rights
        return dict.fromkeys(counts)
    hidden = [found for code, found in run.by_indicator.items() if code in closed]
    left = {name: getattr(run, name) - sum(h[place] for h in hidden) for place, name in enumerate(COUNTED)}
    return {"indicators": run.indicators - sum(h[0] > 0 for h in hidden), **left}


class CountColumn(FigureColumn):
    """One of the counts of a night, as far as the reader may know it."""

    def render(self, record: NightlyRun, bound_column: Any) -> Any:  # type: ignore[override]  # given what it names
        return vigie.figure(counts_of(record)[bound_column.name], "count", 0)

    def value(self, **kwargs: Any) -> int | None:
        return counts_of(kwargs["record"])[str(kwargs["bound_column"].name)]


class NightTable(tables.Table):
    """Expects rows annotated with ``failed``, the number of failed steps, and ``closed_codes`` (see ``counts_of``)."""

    as_of = tables.Column(verbose_name=_("Night of"), linkify=("night_detail", {"pk": tables.A("pk")}))
    state = tables.Column(verbose_name=_("State"))
    created_at = MomentColumn(verbose_name=_("Started"))
    seconds = PlainColumn(
        verbose_name=_("Seconds"), accessor="pk", attrs=NUMERIC, orderable=False, empty_values=()
    )
    indicators = CountColumn(verbose_name=_("Indicators"), orderable=False)
    gaps = CountColumn(verbose_name=_("Gaps"), orderable=False)
    opened = CountColumn(verbose_name=pgettext_lazy("deviations of a night", "Opened"), orderable=False)
    updated = CountColumn(verbose_name=pgettext_lazy("deviations of a night", "Updated"), orderable=False)
    closed = CountColumn(verbose_name=pgettext_lazy("deviations of a night", "Closed"), orderable=False)
    failed = FigureColumn(verbose_name=_("Failed steps"), orderable=False)
    # For exports only.
    trigger = WordColumn(verbose_name=_("Started by"), words=words.TRIGGERS, visible=False)
    by = tables.Column(verbose_name=_("Person"), visible=False, default="")

    label = _("Night runs")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "-created_at"
        empty_text = _("No night was run yet.")

    def render_as_of(self, value: Any) -> SafeString:
        return format_html('<span class="nowrap">{}</span>', dates.day(value))

    def value_as_of(self, value: Any) -> Any:
        return value

    def render_state(self, record: NightlyRun) -> SafeString:
        state = vigie.badge(words.NIGHT_STATES[night_state(record)])
        if not record.historical:
            return state
        return format_html(
            '<div>{}<br><span class="muted small">{}</span></div>', state, _now("view of a past day")
        )

    def value_state(self, record: NightlyRun) -> str:
        return str(words.NIGHT_STATES[night_state(record)].word)

    def render_created_at(self, record: NightlyRun) -> SafeString:
        """When it was started, and by whom or what."""
        word = words.TRIGGERS.get(record.trigger, record.trigger)
        return format_html(
            '<div><span class="nowrap">{}</span><br><span class="muted small">{}</span></div>',
            dates.moment(record.created_at),
            f"{word} · {record.by}" if record.by else word,
        )

    def value_created_at(self, value: Any) -> str:
        return str(value.isoformat())

    def render_seconds(self, record: NightlyRun) -> SafeString:
        return vigie.figure(duration(record), "count", 1)

    def value_seconds(self, record: NightlyRun) -> Any:
        return duration(record)
