"""What the ad platforms report, by day and campaign: spend, impressions, clicks, orders claimed."""

from dataclasses import dataclass

import numpy as np

from demo.events import planted
from demo.orders import Lines, Orders
from demo.traffic import Funnel, autocorrelated
from demo.world import CAMPAIGNS, CHANNELS, Floats, Ints, Setting

CLICKS_A_VISIT = 1.07  # some clicks never become a visit
CLAIMED = 1.06  # platforms claim a little more than was sold
BURNING = next(i for i, campaign in enumerate(CAMPAIGNS) if campaign.name == "Social Inspiration")


@dataclass(frozen=True)
class Advertising:
    """(days, campaigns); money in cents, spend excluding VAT, revenue including it."""

    spend_cents: Ints
    impressions: Ints
    clicks: Ints
    orders: Ints
    revenue_cents: Ints


def advertise(setting: Setting, funnel: Funnel, orders: Orders, lines: Lines) -> Advertising:
    """Derive the platforms' figures from the visits and sales of their channels."""
    clicks = _clicks(setting, funnel)
    weight = np.array([c.share * c.quality for c in CAMPAIGNS])
    claimed, revenue = _claims(setting, orders, lines, weight)
    price = np.array([c.cost_per_click for c in CAMPAIGNS]) * np.exp(
        autocorrelated(setting, "cost per click", len(CAMPAIGNS), 0.7, 0.07)
    )
    burning = planted(setting.anchor.astype(object))["campaign_burning_money"].on(setting)
    price[burning, BURNING] *= 1.25
    rate = np.array([c.click_through for c in CAMPAIGNS]) * np.exp(
        autocorrelated(setting, "click-through", len(CAMPAIGNS), 0.6, 0.06)
    )
    impressions = np.round(clicks / rate).astype(np.int64)
    return Advertising(np.round(clicks * price * 100).astype(np.int64), impressions, clicks, claimed, revenue)


def _channels() -> Ints:
    return np.array([CHANNELS.index(campaign.channel) for campaign in CAMPAIGNS])


def _clicks(setting: Setting, funnel: Funnel) -> Ints:
    """Clicks of each campaign: by its share of the useful visits, plus what the burning one wastes."""
    useful = funnel.visits.sum(axis=2)  # platforms count their clicks, whatever the site measures
    useful[:, CHANNELS.index("Social")] -= funnel.wasted
    shares = np.array([campaign.share for campaign in CAMPAIGNS])
    clicks = setting.rng("clicks").poisson(useful[:, _channels()] * shares * CLICKS_A_VISIT)
    clicks[:, BURNING] += funnel.wasted
    return np.asarray(clicks)


def _claims(setting: Setting, orders: Orders, lines: Lines, weight: Floats) -> tuple[Ints, Ints]:
    """Orders and revenue claimed by each campaign: each order of its channel is claimed by one campaign."""
    channel = _channels()
    drawn = setting.rng("claim").random(orders.day.size)
    campaign = np.full(orders.day.size, -1)
    for index in np.unique(channel):
        members = np.flatnonzero(channel == index)
        cumulated = np.cumsum(weight[members]) / weight[members].sum()
        rows = orders.channel == index
        campaign[rows] = members[np.searchsorted(cumulated, drawn[rows], side="right")]
    value = np.bincount(lines.order, lines.quantity * lines.unit_cents, orders.day.size)
    cell = (orders.day * len(CAMPAIGNS) + campaign)[campaign >= 0]
    shape = (len(setting.days), len(CAMPAIGNS))
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    revenue = np.bincount(cell, value[campaign >= 0], shape[0] * shape[1]).reshape(shape)
    return np.asarray(count), np.round(revenue * CLAIMED).astype(np.int64)
