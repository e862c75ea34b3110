"""Orders and their lines, drawn from the counts of the funnel; and the customers who place them.

Money is in whole euro cents, VAT included. Orders are sorted by time; lines are sorted by order.
"""

from dataclasses import dataclass

import numpy as np

from demo import season
from demo.catalogue import CATEGORIES, GARDEN, TOOLS, Shelf
from demo.events import planted
from demo.traffic import Funnel
from demo.world import (
    CARRIER_SHARE,
    CHANNELS,
    CLICK_COLLECT_SHARE,
    DEVICE_BASKET,
    DEVICES,
    REGION_SHARE,
    Bools,
    Floats,
    Ints,
    Setting,
)

GUEST_SHARE = 0.11
NEW_SHARE = 0.46  # of identified orders
KNOWN_CUSTOMERS = 11_000  # who bought before the first day
EXTRA_LINES = 0.62  # mean number of lines after the first
SAME_CATEGORY = 0.55  # chance that a further line stays in the category of the first
PRO_ORDERS = 0.0025  # orders of tradespeople, of many times the usual quantity
INFLATION = 0.022  # a year, applied on 1 January
# Chance of each hour of the day: quiet nights, lunch, and the evening peak.
HOURS = np.array(
    [8, 4, 2, 2, 2, 4, 10, 20, 34, 46, 56, 60, 62, 60, 58, 56, 54, 54, 56, 60, 72, 78, 54, 24], dtype=float
)


@dataclass(frozen=True)
class Orders:
    """One row per order; ``day`` indexes the days, ``customer`` 0 is a guest, ``carrier`` -1 a pick-up."""

    day: Ints
    second: Ints
    channel: Ints
    device: Ints
    region: Ints
    customer: Ints
    carrier: Ints


@dataclass(frozen=True)
class Lines:
    """One row per line; ``order`` is an index into the orders, prices are cents VAT included."""

    order: Ints
    product: Ints
    category: Ints
    quantity: Ints
    list_cents: Ints
    unit_cents: Ints


def draw_orders(setting: Setting, funnel: Funnel) -> Orders:
    """Unfold the counts into orders, sorted by time."""
    counts = funnel.orders.reshape(-1)
    cell = np.repeat(np.arange(counts.size), counts)
    width = len(CHANNELS) * len(DEVICES)
    second = _seconds(setting, cell.size)
    order = np.lexsort((second, cell // width))
    day, inside = cell[order] // width, cell[order] % width
    return Orders(
        day=day,
        second=second[order],
        channel=inside // len(DEVICES),
        device=inside % len(DEVICES),
        region=_pick(setting, "region", REGION_SHARE, cell.size),
        customer=_customers(setting, cell.size),
        carrier=_carriers(setting, cell.size),
    )


def _pick(setting: Setting, stream: str, shares: Floats, size: int) -> Ints:
    return np.asarray(
        np.searchsorted(np.cumsum(shares) / shares.sum(), setting.rng(stream).random(size), side="right")
    )


def _seconds(setting: Setting, size: int) -> Ints:
    return _pick(setting, "hour", HOURS, size) * 3600 + setting.rng("second").integers(0, 3600, size)


def _carriers(setting: Setting, size: int) -> Ints:
    picked_up = setting.rng("pick-up").random(size) < CLICK_COLLECT_SHARE
    return np.where(picked_up, -1, _pick(setting, "carrier", CARRIER_SHARE, size))


def _customers(setting: Setting, size: int) -> Ints:
    """A number per customer, 0 for guests; a returning one is more often somebody seen lately."""
    guest = setting.rng("guest").random(size) < GUEST_SHARE
    new = ~guest & (setting.rng("new customer").random(size) < NEW_SHARE)
    known = KNOWN_CUSTOMERS + np.cumsum(new) - new
    back = (known * setting.rng("returning").random(size) ** 1.8).astype(np.int64)
    return np.where(guest, 0, np.where(new, known + 1, np.maximum(known - back, 1)))


def draw_lines(setting: Setting, shelf: Shelf, orders: Orders) -> Lines:
    """The lines of all orders, at the prices of their day."""
    counts = 1 + setting.rng("lines").poisson(EXTRA_LINES, orders.day.size)
    order = np.repeat(np.arange(orders.day.size), counts)
    first = np.r_[True, order[1:] != order[:-1]]
    category = _line_categories(setting, orders.day[order], first, order)
    product = _products(setting, shelf, category, orders.day[order])
    listed = _list_cents(setting, shelf, product, orders.day[order])
    return Lines(
        order=order,
        product=product,
        category=category,
        quantity=_quantities(setting, orders, order, category, first),
        list_cents=listed,
        unit_cents=_unit_cents(setting, listed, category, orders.day[order]),
    )


def _line_categories(setting: Setting, day: Ints, first: Bools, order: Ints) -> Ints:
    """Each line's category: that of its order's first line, or drawn anew."""
    chances = np.cumsum(_category_chances(setting), axis=1)
    drawn = setting.rng("category").random(day.size)
    own = (drawn[:, None] > chances[day, :-1]).sum(axis=1)
    leader: Ints = own[np.flatnonzero(first)][order]
    stays = setting.rng("same category").random(day.size) < SAME_CATEGORY
    return np.where(first | ~stays, own, leader)


def _category_chances(setting: Setting) -> Floats:
    """Share of each category in the lines of a day, events included."""
    events = planted(setting.anchor.astype(object))
    mean_price = np.array([np.mean([p for _n, p in c.products]) * c.mean_quantity for c in CATEGORIES])
    chances = season.category_mix(setting.days) * mean_price**-0.25
    chances[events["garden_stockout"].on(setting), GARDEN] *= 0.42
    chances[events["price_error"].on(setting), TOOLS] *= 2.6
    chances[events["competitor_promotion"].on(setting), TOOLS] *= 0.6
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _products(setting: Setting, shelf: Shelf, category: Ints, day: Ints) -> Ints:
    drawn = setting.rng("product").random(category.size)
    product = np.empty(category.size, dtype=np.int64)
    warm = season.is_warm(setting.days)[day]
    for index, popularity in enumerate(shelf.popularity):
        for heat, cumulated in enumerate(popularity):
            rows = (category == index) & (warm == heat)
            product[rows] = shelf.first[index] + np.searchsorted(cumulated, drawn[rows], side="right")
    return product


def _list_cents(setting: Setting, shelf: Shelf, product: Ints, day: Ints) -> Ints:
    """List price on the day, to the ten cents."""
    years = setting.days.astype("M8[Y]").astype(int) - int(setting.start.astype("M8[Y]").astype(int))
    raised = shelf.cents[product] * (1 + INFLATION) ** years[day]
    return np.asarray((np.round(raised / 10) * 10).astype(np.int64))


def _quantities(setting: Setting, orders: Orders, order: Ints, category: Ints, first: Bools) -> Ints:
    """Ordinary baskets, and now and then the one of a tradesperson."""
    mean = np.array([c.mean_quantity for c in CATEGORIES])[category] * DEVICE_BASKET[orders.device[order]]
    usual = 1 + setting.rng("quantity").poisson(np.maximum(mean - 1, 0.05))
    trade = setting.rng("tradespeople").random(orders.day.size) < PRO_ORDERS
    many: Floats = 3 + np.minimum(setting.rng("trade quantity").pareto(2.5, orders.day.size) * 6, 30)
    return np.asarray(np.where(trade[order] & first, usual * many[order].astype(np.int64), usual))


def _unit_cents(setting: Setting, listed: Ints, category: Ints, day: Ints) -> Ints:
    """Price paid: the list price, or less where the line is discounted."""
    size = listed.size
    reduced = setting.rng("discounted").random(size) < season.discount_share(setting.days)[day]
    spread = 0.6 + 0.8 * setting.rng("discount depth").random(size)
    rate = np.where(reduced, season.discount_depth(setting.days)[day] * spread, 0.0)
    error = planted(setting.anchor.astype(object))["price_error"].on(setting)
    mistaken = error[day] & (category == TOOLS) & (setting.rng("price error").random(size) < 0.6)
    return np.asarray(np.round(listed * (1 - np.where(mistaken, 0.85, rate)))).astype(np.int64)
