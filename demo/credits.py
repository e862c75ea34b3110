"""Credit notes: orders cancelled before they leave, and lines sent back weeks later."""

from dataclasses import dataclass

import numpy as np

from demo.catalogue import CATEGORIES, INSULATION, Shelf
from demo.events import GIANT_ORDER_DAY
from demo.orders import Lines, Orders
from demo.world import CHANNELS, Bools, Ints, Setting

CANCEL_SHARE = 0.019
GIANT_CENTS = 4_300_000


@dataclass(frozen=True)
class Credits:
    """One row per credited line, by time: ``line`` is an index into the lines, ``day`` into the days."""

    line: Ints
    day: Ints
    second: Ints
    returned: Bools  # else cancelled before it left
    refund_wait: Ints  # days from the receipt of a return to its refund


def plant_giant(setting: Setting, shelf: Shelf, orders: Orders, lines: Lines) -> tuple[Lines, int]:
    """Make one line of its day a giant one of insulation; answers the lines and the index of its order."""
    day = int((setting.anchor - setting.days[0]).astype(int)) - GIANT_ORDER_DAY
    unpaid = np.isin(orders.channel, [CHANNELS.index(name) for name in ("Direct", "SEO", "E-mail")])
    row = int(np.flatnonzero(((orders.day == day) & unpaid)[lines.order])[0])
    product = int(shelf.first[INSULATION])
    cents = int(shelf.cents[product])
    giant = Lines(
        order=lines.order,
        product=_put(lines.product, row, product),
        category=_put(lines.category, row, INSULATION),
        quantity=_put(lines.quantity, row, GIANT_CENTS // cents),
        list_cents=_put(lines.list_cents, row, cents),
        unit_cents=_put(lines.unit_cents, row, cents),
    )
    return giant, int(lines.order[row])


def _put(values: Ints, row: int, value: int) -> Ints:
    copy = values.copy()
    copy[row] = value
    return copy


def draw_credits(setting: Setting, orders: Orders, lines: Lines, giant: int) -> Credits:
    """Draw who cancels and what comes back, up to the last day."""
    cancelled = setting.rng("cancelled").random(orders.day.size) < CANCEL_SHARE
    cancelled[giant] = True
    chance = np.array([category.return_rate for category in CATEGORIES])[lines.category]
    back = (setting.rng("returned").random(lines.order.size) < chance) & ~cancelled[lines.order]
    row = np.flatnonzero(cancelled[lines.order] | back)
    order = lines.order[row]
    delay = _delays(setting, orders, cancelled)
    delay[giant] = 1
    return _sorted(
        Credits(
            line=row,
            day=(orders.day + delay)[order],
            second=setting.rng("credit time").integers(9 * 3600, 18 * 3600, orders.day.size)[order],
            returned=back[row],
            refund_wait=(1 + setting.rng("refund").poisson(3.2, orders.day.size))[order],
        ),
        len(setting.days),
    )


def _delays(setting: Setting, orders: Orders, cancelled: Bools) -> Ints:
    """Days from the order to its credit note, which is never before the order."""
    soon = 1 + (setting.rng("cancel delay").random(orders.day.size) < 0.3)
    late = 9 + setting.rng("return delay").poisson(8.0, orders.day.size)
    return np.where(cancelled, soon, late)


def _sorted(credits: Credits, days: int) -> Credits:
    """By time, and without what has not happened yet."""
    order = np.lexsort((credits.line, credits.second, credits.day))
    order = order[credits.day[order] < days]
    return Credits(
        credits.line[order],
        credits.day[order],
        credits.second[order],
        credits.returned[order],
        credits.refund_wait[order],
    )
