"""What search finds of figures: indicators by name and code, live deviations by indicator and segment."""

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import Right
from accounts.search import SearchKind, begins, in_fields
from kpis.models import Deviation, DeviationState, Indicator, Segment
from kpis.pages import words
from kpis.pages.sentences import period_in_words
from kpis.pages.tiles import GROUPS

NAMES = ("code", "name_fr", "name_en")
OPEN_FIRST = Case(
    *(When(state=state, then=Value(place)) for place, state in enumerate(DeviationState.values)),
    output_field=IntegerField(),
)


def _deviations(user: object) -> QuerySet[Deviation]:
    found = Deviation.objects.visible_to(user).live().select_related("indicator", "segment")
    return found.order_by(OPEN_FIRST, "-start", "-id")


def _names_deviation(word: str) -> Q:
    of_indicator = Indicator.objects.filter(begins(word, *NAMES)).order_by().values("pk")
    of_segment = Segment.objects.filter(begins(word, "key")).order_by().values("pk")
    return Q(indicator__in=of_indicator) | Q(segment__in=of_segment)


def _state(deviation: Deviation) -> str:
    parts = ", ".join(str(value) for value in deviation.segment.values.values() if value is not None)
    told = [period_in_words(deviation), parts, str(words.STATES[deviation.state].word)]
    return " · ".join(part for part in told if part)


INDICATORS = SearchKind(
    "indicators",
    _("Indicators"),
    "chart-line",
    Right.VIEW_FIGURES,
    rows=Indicator.objects.visible_to,
    matches=in_fields(*NAMES),
    label=str,
    detail=lambda indicator: str(GROUPS.get(indicator.group, indicator.group)),
    url=lambda indicator: reverse("indicator_detail", args=[indicator.code]),
)
DEVIATIONS = SearchKind(
    "deviations",
    _("Deviations"),
    "siren",
    Right.VIEW_FIGURES,
    rows=_deviations,
    matches=_names_deviation,
    label=lambda deviation: str(deviation.indicator),
    detail=_state,
    url=lambda deviation: reverse("deviation_detail", args=[deviation.pk]),
    numbered=True,
)
