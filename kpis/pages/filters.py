"""What the lists of deviations, nights and targets filter by."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import django_filters
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_filters.filterset import FilterSet

from accounts.access import Right, people_with
from base import dates
from kpis.deviations import WATCHED
from kpis.models import Deviation, DeviationState, Direction, Indicator, Segment, Target, TargetProposal
from kpis.models.catalogue import IndicatorQuerySet
from kpis.models.deviations import DeviationQuerySet
from kpis.models.targets import TargetQuerySet
from kpis.night.figure import TO_DATE
from kpis.pages import words
from kpis.proposals import FLOW

Choices = list[tuple[str, Any]]

ALL, MINE, NOBODY = "all", "mine", "nobody"
FLAGGED_GRAINS = tuple(TO_DATE.get(grain, grain) for grain in WATCHED)


def word_choices(table: Any, codes: Iterable[str]) -> Choices:
    return [(code, getattr(table[code], "word", table[code])) for code in codes]


def owners() -> Choices:
    """Oneself, nobody, or somebody who may handle deviations."""
    people = people_with(Right.HANDLE_DEVIATIONS)
    return [(MINE, gettext("Mine")), (NOBODY, gettext("Nobody")), *((str(p.pk), str(p)) for p in people)]


def views(reader: Any) -> Choices:
    """The days whose historical view was computed and shows the reader something, latest first."""
    found = (
        Deviation.objects.visible_to(reader)
        .exclude(view=None)
        .values_list("view", flat=True)
        .distinct()
        .order_by("-view")
    )
    return [(view.isoformat(), dates.day(view)) for view in found if view]


# A gap is unfavourable when it goes against the indicator's direction; leaving a range is, whichever way.
UNFAVOURABLE = (
    Q(indicator__direction=Direction.UP, gap__lt=0)
    | Q(indicator__direction=Direction.DOWN, gap__gt=0)
    | Q(indicator__direction=Direction.RANGE)
)
DIRECTIONS = {
    "worse": (_("Unfavourable"), UNFAVOURABLE),
    "better": (_("Favourable"), ~UNFAVOURABLE),
    "above": (_("Above its reference"), Q(gap__gt=0)),
    "below": (_("Below its reference"), Q(gap__lt=0)),
}


def indicators(request: HttpRequest) -> IndicatorQuerySet:
    return Indicator.objects.visible_to(request.user)


class DeviationFilter(FilterSet):
    state = django_filters.ChoiceFilter(
        label=_("State"),
        empty_label=None,
        initial=DeviationState.OPEN,
        method="in_state",
        choices=[*word_choices(words.STATES, DeviationState.values), (ALL, pgettext_lazy("states", "All"))],
    )
    indicator = django_filters.ModelChoiceFilter(label=_("Indicator"), queryset=indicators)
    grain = django_filters.ChoiceFilter(label=_("Period"), choices=word_choices(words.GRAINS, FLAGGED_GRAINS))
    severity = django_filters.ChoiceFilter(
        label=_("Severity"), choices=word_choices(words.SEVERITIES, words.SEVERITIES)
    )
    owner = django_filters.ChoiceFilter(label=_("Owner"), choices=owners, method="of_owner")
    rule = django_filters.ChoiceFilter(label=_("Rule"), choices=word_choices(words.RULES, words.RULES))
    direction = django_filters.ChoiceFilter(
        label=_("Direction"),
        choices=[(code, word) for code, (word, _condition) in DIRECTIONS.items()],
        method="in_direction",
    )
    as_of = django_filters.ChoiceFilter(
        label=_("As seen on"), choices=(), method="seen_from", empty_label=_("Today")
    )

    class Meta:
        model = Deviation
        fields = ["state", "indicator", "grain", "severity", "owner", "rule", "direction", "as_of"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        asked = data.copy()
        asked.setdefault("state", DeviationState.OPEN)
        super().__init__(asked, *args, **kwargs)  # type: ignore[no-untyped-call]  # library base
        days = views(self.request.user)
        self.filters["as_of"].extra["choices"] = days  # before the form is made
        if not asked.get("as_of") and not days:  # nothing to choose from: one field less
            self.form.fields.pop("as_of", None)

    @property
    def view_day(self) -> date | None:
        """The day of the historical view looked at; None for the live ones."""
        asked = self.form.cleaned_data.get("as_of") if self.form.is_valid() else None
        return date.fromisoformat(asked) if asked else None

    def filter_queryset(self, queryset: DeviationQuerySet) -> DeviationQuerySet:
        if self.view_day is None:
            queryset = queryset.live()
        if not self.form.cleaned_data.get("indicator"):  # who asks for an indicator gets every episode of it
            queryset = queryset.leads_for(self.request.user)
        found: DeviationQuerySet = super().filter_queryset(queryset)  # type: ignore[no-untyped-call]  # library base
        return found

    def in_state(self, found: DeviationQuerySet, _name: str, value: str) -> DeviationQuerySet:
        return found if value == ALL else found.filter(state=value)

    def of_owner(self, found: DeviationQuerySet, _name: str, value: str) -> DeviationQuerySet:
        if value == NOBODY:
            return found.filter(owner=None)
        owner = self.request.user.pk if value == MINE else int(value)
        return found.of(owner, self.request.user)

    def in_direction(self, found: DeviationQuerySet, _name: str, value: str) -> DeviationQuerySet:
        return found.filter(DIRECTIONS[value][1])

    def seen_from(self, found: DeviationQuerySet, _name: str, value: str) -> DeviationQuerySet:
        return found.filter(view=value)


LIVE, PAST = "live", "past"


def segments_with_a_target(reader: Any) -> Choices:
    """Segments that have a target the reader may see, in words. Two queries."""
    names = words.dimension_names()
    found = Segment.objects.filter(targets__in=Target.objects.visible_to(reader)).distinct().order_by("key")
    return [(str(segment.pk), words.segment_in_words(segment.values, names)) for segment in found]


class TargetFilter(FilterSet):
    indicator = django_filters.ModelChoiceFilter(label=_("Indicator"), queryset=indicators)
    segment = django_filters.ChoiceFilter(label=_("Segment"), choices=(), empty_label=_("Any segment"))
    state = django_filters.ChoiceFilter(
        label=_("State"),
        empty_label=None,
        initial=LIVE,
        method="in_state",
        choices=[
            (LIVE, pgettext_lazy("targets", "In force")),
            (PAST, pgettext_lazy("targets", "Replaced or withdrawn")),
            (ALL, pgettext_lazy("states", "All")),
        ],
    )

    class Meta:
        model = Target
        fields = ["indicator", "segment", "state"]

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        asked = data.copy()
        asked.setdefault("state", LIVE)
        super().__init__(asked, *args, **kwargs)  # type: ignore[no-untyped-call]  # library base
        self.filters["segment"].extra["choices"] = segments_with_a_target(self.request.user)

    def in_state(self, found: TargetQuerySet, _name: str, value: str) -> TargetQuerySet:
        if value == ALL:
            return found
        return found.live() if value == LIVE else found.exclude(replaced_at=None)


class TargetProposalFilter(FilterSet):
    indicator = django_filters.ModelChoiceFilter(label=_("Indicator"), queryset=indicators)
    state = django_filters.ChoiceFilter(label=_("State"), choices=word_choices(FLOW.states, FLOW.states))

    class Meta:
        model = TargetProposal
        fields = ["indicator", "state"]
