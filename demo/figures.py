"""What each department would export by day: which measures, by which dimensions."""

from dataclasses import dataclass

import numpy as np

from demo import vitals
from demo.catalogue import NAMES
from demo.company import Story
from demo.world import CAMPAIGNS, CARRIERS, CHANNELS, DEVICES, REGIONS, Ints


@dataclass(frozen=True)
class Figures:
    """Daily figures of a department: (days, *dimensions) arrays, divided by their scale on paper."""

    source: str
    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    columns: dict[str, Ints]
    scales: dict[str, int]


def daily_figures(story: Story) -> list[Figures]:
    """Everything but the orders, as the departments would export it."""
    return [
        _audience(story),
        _advertising(story),
        *_warehouse(story),
        *_logistics(story),
        _service(story),
        _site(story),
    ]


def _audience(story: Story) -> Figures:
    funnel = story.funnel
    names = (
        "sessions",
        "visitors",
        "bounces",
        "page_views",
        "carts",
        "checkouts",
        "payment_attempts",
        "payment_failures",
    )
    columns = {name: getattr(funnel, name) for name in names}
    return Figures("audience", (("channel", CHANNELS), ("device", DEVICES)), columns, {})


def _advertising(story: Story) -> Figures:
    ads = story.advertising
    columns = {
        "ad_spend": ads.spend_cents,
        "ad_impressions": ads.impressions,
        "ad_clicks": ads.clicks,
        "ad_orders": ads.orders,
        "ad_revenue": ads.revenue_cents,
    }
    names = tuple(f"{campaign.channel}|{campaign.name}" for campaign in CAMPAIGNS)
    return Figures(
        "advertising", (("channel|campaign", names),), columns, {"ad_spend": 100, "ad_revenue": 100}
    )


def _warehouse(story: Story) -> list[Figures]:
    margin, back, stock = story.margin, story.returns, story.stock
    by = (("category", NAMES),)
    money = {
        "sales_excl_vat": margin.sales_cents,
        "cost_of_goods": margin.cost_cents,
        "discounts": margin.discount_cents,
    }
    returned = {
        "returned_units": back.units,
        "refunds": back.refund_cents,
        "refund_count": back.refunds,
        "refund_days_total": back.wait_days,
    }
    held = {
        "sku_days": stock.sku_days,
        "stockout_days": stock.stockout_days,
        "stock_value": stock.value_cents,
    }
    return [
        Figures("margin", by, money, dict.fromkeys(money, 100)),
        Figures("returns", by, returned, {"refunds": 100}),
        Figures("stock", by, held, {"stock_value": 100}),
    ]


def _logistics(story: Story) -> list[Figures]:
    parcels, pickup = story.delivery, story.pickup
    delivered = {
        "deliveries": parcels.deliveries,
        "deliveries_on_time": parcels.on_time,
        "delivery_incidents": parcels.incidents,
        "delivery_days_total": parcels.days_total,
        "delivery_cost": parcels.cost_cents,
    }
    collected = {"click_collect_orders": pickup.orders, "click_collect_ready_2h": pickup.ready_2h}
    return [
        Figures("delivery", (("region", REGIONS), ("carrier", CARRIERS)), delivered, {"delivery_cost": 100}),
        Figures("click_collect", (("region", REGIONS),), collected, {}),
    ]


def _service(story: Story) -> Figures:
    service = story.service
    columns = {
        "contacts": service.contacts,
        "first_response_hours_total": service.response_centihours,
        "first_contact_resolved": service.resolved,
        "csat_sum": service.csat_sum,
        "csat_answers": service.csat_answers,
        "promoters": service.promoters,
        "detractors": service.detractors,
        "nps_answers": service.nps_answers,
    }
    return Figures("service", (), columns, {"first_response_hours_total": 100})


def _site(story: Story) -> Figures:
    site = story.site
    columns = {
        "minutes_total": np.full_like(site.minutes_up, 1440),
        "minutes_up": site.minutes_up,
        "measured_page_views": site.measured,
        "slow_page_views": site.slow,
        "searches": site.searches,
        "searches_without_result": site.without_result,
        **vitals.columns(story.vitals),
    }
    return Figures("site", (("device", DEVICES),), columns, {})
