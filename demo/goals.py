"""The targets of the demo company: last year's figures, and the progress its plan asks for.

Pure. A year has targets when the whole year before it is in the story.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from demo.company import Story
from demo.world import Ints


@dataclass(frozen=True)
class Goal:
    """A target to set, with ``value`` in the indicator's unit."""

    indicator: str
    start: date
    end: date
    value: Decimal


# Sums: growth asked on last year. Levels: relative progress on last year. They agree with each other: orders are
# sessions × conversion, and gross revenue is orders × basket.
YEARLY_SUMS = {
    "gross_revenue": "1.07",
    "net_revenue": "1.08",
    "orders": "1.06",
    "sessions": "1.04",
    "ad_spend": "1.05",
    "gross_margin": "1.08",
    "new_customers": "1.04",
}
MONTHLY_SUMS = ("gross_revenue", "orders")
LEVELS = {
    "conversion_rate": ("1.02", 5),
    "aov_gross": ("1.01", 2),
    "margin_rate": ("1.01", 4),
    "roas": ("1.03", 2),
    "on_time_delivery_rate": ("1.005", 4),
    "contact_rate": ("0.97", 4),
    "cancellation_rate_value": ("0.95", 4),
    "stockout_rate": ("0.95", 4),
    "payment_failure_rate": ("0.98", 4),
    "csat": ("1.01", 2),
}
# What the company promises whatever last year was.
PROMISES = {"site_availability": "0.998"}


def goals(story: Story) -> list[Goal]:
    """All targets the story allows, by year."""
    first, last = story.setting.start.astype(object), story.setting.as_of.astype(object)
    years = range(first.year + (2 if first > date(first.year, 1, 1) else 1), last.year + 1)
    return [goal for year in years for goal in _year(story, year, last.year)]


def _year(story: Story, year: int, current: int) -> Iterator[Goal]:
    start, end = date(year, 1, 1), date(year, 12, 31)
    base = _figures(story, date(year - 1, 1, 1), date(year - 1, 12, 31))
    for code, growth in YEARLY_SUMS.items():
        yield Goal(code, start, end, _rounded(base[code] * float(growth), -2))
    for code, (progress, digits) in LEVELS.items():
        yield Goal(code, start, end, _rounded(base[code] * float(progress), digits))
    for code, promise in PROMISES.items():
        yield Goal(code, start, end, Decimal(promise))
    if year == current:
        yield from _months(story, year)


def _months(story: Story, year: int) -> Iterator[Goal]:
    for month in range(1, 13):
        start, end = _month(year, month)
        base = _figures(story, *_month(year - 1, month))
        for code in MONTHLY_SUMS:
            yield Goal(code, start, end, _rounded(base[code] * float(YEARLY_SUMS[code]), -1))


def _month(year: int, month: int) -> tuple[date, date]:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def _rounded(value: float, digits: int) -> Decimal:
    """To so many decimals, or to tens and hundreds when negative; never in exponent form."""
    return Decimal(str(round(value, digits))).quantize(Decimal(1).scaleb(-max(digits, 0)))


def _figures(story: Story, start: date, end: date) -> dict[str, float]:
    """The indicators of a period, as the instance would compute them."""
    sums = _sums(story, start, end)
    net = sums["gross_revenue"] - sums["cancelled_value"]
    return {
        **sums,
        "net_revenue": net,
        "conversion_rate": sums["orders"] / sums["sessions"],
        "aov_gross": sums["gross_revenue"] / sums["orders"],
        "margin_rate": sums["gross_margin"] / sums["sales"],
        "roas": sums["ad_revenue"] / sums["ad_spend"],
        "on_time_delivery_rate": sums["on_time"] / sums["deliveries"],
        "contact_rate": sums["contacts"] / sums["orders"],
        "cancellation_rate_value": sums["cancelled_value"] / sums["gross_revenue"],
        "stockout_rate": sums["stockout_days"] / sums["sku_days"],
        "payment_failure_rate": sums["failures"] / sums["attempts"],
        "csat": sums["csat_sum"] / sums["csat_answers"],
    }


def _sums(story: Story, start: date, end: date) -> dict[str, float]:
    """Sums of the base measures over [start, end], money in euros."""
    inside = story.setting.between(np.datetime64(start), np.datetime64(end))

    def over(values: Ints, scale: int = 1) -> float:
        return float(values[inside].sum()) / scale

    funnel, ads, parcels, service = story.funnel, story.advertising, story.delivery, story.service
    margin, stock = story.margin, story.stock
    return {
        "gross_revenue": over(story.gross_cents(), 100),
        "cancelled_value": over(story.credit_cents(), 100),
        "new_customers": over(story.new_customers()),
        "orders": over(funnel.orders),
        "sessions": over(funnel.sessions),
        "attempts": over(funnel.payment_attempts),
        "failures": over(funnel.payment_failures),
        "ad_spend": over(ads.spend_cents, 100),
        "ad_revenue": over(ads.revenue_cents, 100),
        "sales": over(margin.sales_cents, 100),
        "gross_margin": over(margin.sales_cents - margin.cost_cents, 100),
        "deliveries": over(parcels.deliveries),
        "on_time": over(parcels.on_time),
        "contacts": over(service.contacts),
        "csat_sum": over(service.csat_sum),
        "csat_answers": over(service.csat_answers),
        "sku_days": over(stock.sku_days),
        "stockout_days": over(stock.stockout_days),
    }
