"""Signal or noise: the nightly verdict on days, weeks and months, and process behaviour charts.

`judge` is what the night calls (see kpis/forecast.py for the exact call); `xmr` and `wheeler` are the plain charts
for any run of values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kpis.expectation.types import History, Panel, Policy, Reason, Span, Verdict
from kpis.expectation.verdict import blank, verdicts
from kpis.expectation.xmr import Limits, wheeler, xmr
from kpis.forecast import Fits, Model, Outlook, at, from_history, models, outlook, without_partial

__all__ = ["Limits", "judge", "wheeler", "xmr"]

DEFAULT = Policy()


def judge(
    panel: Panel,
    spans: Sequence[Span],
    histories: Mapping[str, History] | None = None,
    policy: Policy = DEFAULT,
    fits: Fits | None = None,
) -> dict[Span, list[Verdict]]:
    """The verdict on each span, for each column of the panel (in its order).

    histories: by grain, for what days do not add up to. fits: see `kpis.forecast.models`.

    The incomplete last day is left out: a span that ends on it is judged to the day before; a span made of it
    alone gets reason PARTIAL. Raises nothing on missing data: such verdicts carry None and a reason.
    """
    whole, s = without_partial(panel), panel.y.shape[1]
    reasons = {span: _impossible(whole, span) for span in spans}
    seen = {span: _cut(whole, span) for span in spans if reasons[span] is None}
    fitted = models(whole, list(seen.values()), fits)
    out = {span: [blank(reason)] * s for span, reason in reasons.items() if reason is not None}
    for span, cut in seen.items():
        look = _look(fitted[cut], cut, (histories or {}).get(span.grain))
        out[span] = verdicts(fitted[cut], cut, look, policy)
    return {span: out[span] for span in spans}


def _impossible(panel: Panel, span: Span) -> Reason | None:
    """Why a span cannot be judged at all, if it cannot."""
    if at(panel, span.start) >= len(panel.days):
        return Reason.PARTIAL
    return Reason.SHORT if at(panel, span.start) < 1 else None


def _cut(panel: Panel, span: Span) -> Span:
    """The part of the span the panel knows."""
    last = panel.days[-1].astype("datetime64[D]").astype(object)
    return replace(span, end=min(span.end, last))


def _look(m: Model, span: Span, history: History | None) -> Outlook:
    look = outlook(m, span)
    return look if history is None else from_history(m, look, history)
