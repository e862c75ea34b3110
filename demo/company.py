"""The whole demo company, simulated: a pure function of a seed, an anchor and a last day.

The anchor is the last day of the first load; a later ``as_of`` prolongs the same history without changing it.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from demo.advertising import Advertising, advertise
from demo.catalogue import Shelf, shelf
from demo.credits import Credits, draw_credits, plant_giant
from demo.operations import (
    Delivery,
    Margin,
    Pickup,
    Returns,
    Stock,
    deliver,
    margins,
    pick_up,
    returns,
    stock,
    table,
)
from demo.orders import Lines, Orders, draw_lines, draw_orders
from demo.service import Service, Site, serve, watch_site
from demo.traffic import Funnel, funnel
from demo.vitals import Vitals, measure
from demo.world import WARM_UP_DAYS, YEARS, Ints, Setting


@dataclass(frozen=True)
class Story:
    """Everything that happened. Arrays by day start WARM_UP_DAYS before the first day to publish."""

    setting: Setting
    shelf: Shelf
    funnel: Funnel
    orders: Orders
    lines: Lines
    credits: Credits
    advertising: Advertising
    delivery: Delivery
    pickup: Pickup
    margin: Margin
    returns: Returns
    stock: Stock
    service: Service
    site: Site
    vitals: Vitals

    def gross_cents(self) -> Ints:
        """Sold each day, VAT included."""
        return self._by_day(self.orders.day[self.lines.order], self._line_cents())

    def credit_cents(self) -> Ints:
        """Credited each day, positive, VAT included."""
        return self._by_day(self.credits.day, self._line_cents()[self.credits.line])

    def new_customers(self) -> Ints:
        """Customers whose first order to be written is of the day."""
        known = np.flatnonzero((self.orders.customer > 0) & (self.orders.day >= WARM_UP_DAYS))
        _customers, first = np.unique(self.orders.customer[known], return_index=True)
        return self._by_day(self.orders.day[known][first])

    def _line_cents(self) -> Ints:
        return self.lines.quantity * self.lines.unit_cents

    def _by_day(self, day: Ints, amount: Ints | None = None) -> Ints:
        return table((day,), (len(self.setting.days),), amount)


def setting_for(*, as_of: date, seed: int = 1, anchor: date | None = None, years: int = YEARS) -> Setting:
    """``years`` up to the anchor (default: ``as_of``), and on to ``as_of``, which may not be before it."""
    anchor = anchor or as_of
    if as_of < anchor:
        raise ValueError(f"The demo company's history cannot end before {anchor.isoformat()}.")
    last = np.datetime64(as_of, "D")
    start = np.datetime64(_years_before(anchor, years), "D") + 1
    days = np.arange(start - WARM_UP_DAYS, last + 1)
    return Setting(seed=seed, anchor=np.datetime64(anchor, "D"), start=start, as_of=last, days=days)


def _years_before(day: date, years: int) -> date:
    day_of_month = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - years, day=day_of_month)


def simulate(setting: Setting) -> Story:
    """Run the company from visit to parcel."""
    goods = shelf()
    visits = funnel(setting)
    orders = draw_orders(setting, visits)
    lines, giant = plant_giant(setting, goods, orders, draw_lines(setting, goods, orders))
    credits = draw_credits(setting, orders, lines, giant)
    delivery = deliver(setting, orders, lines, credits)
    site = watch_site(setting, visits)
    return Story(
        setting=setting,
        shelf=goods,
        funnel=visits,
        orders=orders,
        lines=lines,
        credits=credits,
        advertising=advertise(setting, visits, orders, lines),
        delivery=delivery,
        pickup=pick_up(setting, orders),
        margin=margins(setting, orders, lines, credits),
        returns=returns(setting, lines, credits),
        stock=stock(setting),
        service=serve(setting, visits, delivery, credits),
        site=site,
        vitals=measure(setting, site),
    )
