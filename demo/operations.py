"""What happens behind an order: delivery, pick-up, stock, margin, returns."""

from dataclasses import dataclass

import numpy as np

from demo import season
from demo.catalogue import CATEGORIES, GARDEN
from demo.credits import Credits
from demo.events import planted
from demo.orders import Lines, Orders
from demo.traffic import autocorrelated
from demo.world import CARRIER_COST, CARRIERS, PROMISED_DAYS, REGIONS, VAT, Bools, Floats, Ints, Setting

STRIKING = CARRIERS.index("Messagerie Atlas")
READY_IN_2H = 0.915


@dataclass(frozen=True)
class Delivery:
    """(days, regions, carriers); ``days_total`` is over the day's deliveries, cost in cents without VAT."""

    deliveries: Ints
    on_time: Ints
    days_total: Ints
    incidents: Ints
    cost_cents: Ints


@dataclass(frozen=True)
class Pickup:
    """(days, regions)."""

    orders: Ints
    ready_2h: Ints


@dataclass(frozen=True)
class Margin:
    """(days, categories), cents; sales and cost are net of credits, without VAT; discounts include it."""

    sales_cents: Ints
    cost_cents: Ints
    discount_cents: Ints


@dataclass(frozen=True)
class Returns:
    """(days, categories); units by day of receipt, refunds (cents, VAT included) by day of refund."""

    units: Ints
    refund_cents: Ints
    refunds: Ints
    wait_days: Ints


@dataclass(frozen=True)
class Stock:
    """(days, categories); value in cents at purchase cost, in the evening."""

    sku_days: Ints
    stockout_days: Ints
    value_cents: Ints


def table(index: tuple[Ints, ...], shape: tuple[int, ...], weights: Ints | None = None) -> Ints:
    """Sum of the weights (or count) of the rows falling in each cell of ``shape``; exact below 2^53."""
    flat = np.ravel_multi_index(index, shape)
    size = int(np.prod(shape))
    return np.rint(np.bincount(flat, weights, size)).astype(np.int64).reshape(shape)


def deliver(setting: Setting, orders: Orders, lines: Lines, credits: Credits) -> Delivery:
    """Parcels by day of hand-over; cancelled and picked-up orders have none, and Sundays neither."""
    cancelled = np.zeros(orders.day.size, dtype=bool)
    cancelled[lines.order[credits.line[~credits.returned]]] = True
    lead = _leads(setting, orders)
    sent = np.flatnonzero(~cancelled & (orders.carrier >= 0) & (orders.day + lead < len(setting.days)))
    lead, carrier = lead[sent], orders.carrier[sent]
    index = (orders.day[sent] + lead, orders.region[sent], carrier)
    shape = (len(setting.days), len(REGIONS), len(CARRIERS))
    broken = setting.rng("incident").random(orders.day.size)[sent] < np.array([0.010, 0.014, 0.028])[carrier]
    cost = np.round(
        CARRIER_COST[carrier] * 100 * (0.9 + 0.2 * setting.rng("parcel cost").random(orders.day.size)[sent])
    )
    return Delivery(
        table(index, shape),
        table(index, shape, (lead <= PROMISED_DAYS).astype(np.int64)),
        table(index, shape, lead),
        table(index, shape, broken.astype(np.int64)),
        table(index, shape, cost.astype(np.int64)),
    )


def _leads(setting: Setting, orders: Orders) -> Ints:
    """Days from order to hand-over, strike and closed Sundays included."""
    size = orders.day.size
    lead = 1 + (setting.rng("preparation").random(size) < 0.35) + setting.rng("transit").poisson(1.1, size)
    strike = planted(setting.anchor.astype(object))["carrier_strike"].on(setting)
    first = int(np.argmax(strike)) - 3
    due = orders.day + lead
    hit = (orders.carrier == STRIKING) & (due >= first) & (due < first + strike.sum())
    hit &= setting.rng("strike").random(size) < 0.9
    lead = np.where(hit, lead + 3 + setting.rng("strike delay").poisson(1.0, size), lead)
    weekday = (setting.days[0].astype("M8[D]").astype(np.int64) + 3 + orders.day + lead) % 7
    return np.asarray(lead + (weekday == 6))


def pick_up(setting: Setting, orders: Orders) -> Pickup:
    """Orders to be collected in a store, by day of the order."""
    rows = np.flatnonzero(orders.carrier < 0)
    ready = setting.rng("ready").random(orders.day.size)[rows] < READY_IN_2H
    index, shape = (orders.day[rows], orders.region[rows]), (len(setting.days), len(REGIONS))
    return Pickup(table(index, shape), table(index, shape, ready.astype(np.int64)))


def margins(setting: Setting, orders: Orders, lines: Lines, credits: Credits) -> Margin:
    """Sales and cost without VAT, net of credit notes on their own day; discounts of what was sold."""
    shape = (len(setting.days), len(CATEGORIES))
    sold = (orders.day[lines.order], lines.category)
    back = (credits.day, lines.category[credits.line])
    value = lines.quantity * lines.unit_cents
    share = np.array([category.cost for category in CATEGORIES])[lines.category]
    cost = np.round(lines.quantity * lines.list_cents / VAT * share).astype(np.int64)
    sales = table(sold, shape, value) - table(back, shape, value[credits.line])
    return Margin(
        np.round(sales / VAT).astype(np.int64),
        table(sold, shape, cost) - table(back, shape, cost[credits.line]),
        table(sold, shape, lines.quantity * (lines.list_cents - lines.unit_cents)),
    )


def returns(setting: Setting, lines: Lines, credits: Credits) -> Returns:
    """Returned units by day of receipt; refunds by the day they are paid."""
    shape = (len(setting.days), len(CATEGORIES))
    line = credits.line
    category, value = lines.category[line], (lines.quantity * lines.unit_cents)[line]
    paid_day = credits.day + credits.refund_wait
    paid = np.flatnonzero(credits.returned & (paid_day < len(setting.days)))
    paid_at = (paid_day[paid], category[paid])
    back = np.flatnonzero(credits.returned)
    return Returns(
        table((credits.day[back], category[back]), shape, lines.quantity[line][back]),
        table(paid_at, shape, value[paid]),
        table(paid_at, shape),
        table(paid_at, shape, credits.refund_wait[paid]),
    )


def stock(setting: Setting) -> Stock:
    """Products listed and missing, and the value of the stock, built up ahead of each category's season."""
    listed = np.tile(np.array([c.references for c in CATEGORIES]), (len(setting.days), 1))
    chance = 0.034 * np.exp(autocorrelated(setting, "stock", len(CATEGORIES), 0.85, 0.16))
    event = _garden_gone(setting)
    chance[event, GARDEN] = 0.28
    missing = setting.rng("missing").binomial(listed, np.clip(chance, 0, 1))
    ahead = season.category_curves(setting.days + np.timedelta64(35, "D")) ** 0.6
    value = (
        ahead * _stock_level() * np.exp(autocorrelated(setting, "stock value", len(CATEGORIES), 0.97, 0.05))
    )
    value[event, GARDEN] *= 0.7
    return Stock(listed, np.asarray(missing), np.round(value * 100).astype(np.int64))


def _garden_gone(setting: Setting) -> Bools:
    return planted(setting.anchor.astype(object))["garden_stockout"].on(setting)


def _stock_level() -> Floats:
    """Usual value of each category's stock, €."""
    return np.array([category.references * 240.0 * category.cost for category in CATEGORIES])
