"""What is planted in the demo data, and the truth about it, written apart from the data.

Dates are relative to the anchor (the last day of the first load), so that the cockpit always has news.
"""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from demo.world import Bools, Setting

GIANT_ORDER_DAY = 251  # days before the anchor


@dataclass(frozen=True)
class Event:
    """One planted event. ``effect`` is the relative change of the first indicator inside ``segment``."""

    code: str
    start: date
    end: date
    indicators: tuple[str, ...]
    segment: dict[str, str]
    effect: float
    description_fr: str
    description_en: str

    def on(self, setting: Setting) -> Bools:
        """Mask of the days it lasts."""
        return setting.between(np.datetime64(self.start), np.datetime64(self.end))


def planted(anchor: date) -> dict[str, Event]:
    """All planted events, by code."""
    events = (
        _payment_outage(anchor),
        _burning_campaign(anchor),
        _carrier_strike(anchor),
        _garden_stockout(anchor),
        _slow_mobile(anchor),
        _giant_order(anchor),
        _tv_report(anchor),
        _site_down(anchor),
        _price_error(anchor),
    )
    return {event.code: event for event in events}


def truth(setting: Setting) -> dict[str, Any]:
    """The planted events as a JSON-ready document."""
    anchor: date = setting.anchor.astype(object)
    rows = [{**asdict(e), "start": str(e.start), "end": str(e.end)} for e in planted(anchor).values()]
    return {"seed": setting.seed, "anchor": str(anchor), "as_of": str(setting.as_of), "events": rows}


def _ago(anchor: date, first: int, last: int) -> tuple[date, date]:
    return anchor - timedelta(days=first), anchor - timedelta(days=last)


def _payment_outage(anchor: date) -> Event:
    return Event(
        "payment_outage_mobile",
        *_ago(anchor, 2, 0),
        ("payment_failure_rate", "conversion_rate", "orders", "gross_revenue", "checkout_completion_rate"),
        {"device": "mobile"},
        12.0,
        "Panne de paiement sur mobile : trois paiements sur quatre échouent.",
        "Payment outage on mobile: three payments out of four fail.",
    )


def _burning_campaign(anchor: date) -> Event:
    return Event(
        "campaign_burning_money",
        *_ago(anchor, 19, 8),
        ("ad_spend", "roas", "cac", "cost_per_click", "bounce_rate"),
        {"channel": "Social", "campaign": "Social Inspiration"},
        7.0,
        "La campagne Social Inspiration dépense huit fois plus sans commande supplémentaire.",
        "The campaign Social Inspiration spends eight times as much without one more order.",
    )


def _carrier_strike(anchor: date) -> Event:
    return Event(
        "carrier_strike",
        *_ago(anchor, 47, 40),
        ("on_time_delivery_rate", "delivery_days", "contacts", "contact_rate", "csat"),
        {"carrier": "Messagerie Atlas"},
        -0.8,
        "Grève chez le transporteur Messagerie Atlas : livraisons en retard, service client sollicité.",
        "Strike at the carrier Messagerie Atlas: late deliveries, customer service under load.",
    )


def _garden_stockout(anchor: date) -> Event:
    spring = date(anchor.year, 4, 20)
    if spring > anchor - timedelta(days=75):
        spring = spring.replace(year=anchor.year - 1)
    return Event(
        "garden_stockout",
        spring,
        spring + timedelta(days=13),
        ("stockout_rate", "gross_revenue", "orders"),
        {"category": "Jardin et extérieur"},
        7.0,
        "Rupture au rayon jardin en pleine saison : plus d'une référence sur quatre manque.",
        "Stock-out in the garden category at the height of its season: over one product in four is missing.",
    )


def _slow_mobile(anchor: date) -> Event:
    return Event(
        "slow_mobile_release",
        *_ago(anchor, 135, 125),
        ("slow_page_rate", "bounce_rate", "conversion_rate"),
        {"device": "mobile"},
        1.4,
        "Une mise en production ralentit le site mobile.",
        "A release slows the mobile site down.",
    )


def _giant_order(anchor: date) -> Event:
    return Event(
        "giant_order_cancelled",
        *_ago(anchor, GIANT_ORDER_DAY, GIANT_ORDER_DAY - 1),
        ("gross_revenue", "cancelled_value", "aov_gross", "cancellation_rate_value"),
        {"category": "Isolation"},
        3.0,
        "Une commande professionnelle géante est annulée le lendemain.",
        "A giant professional order is cancelled the next day.",
    )


def _tv_report(anchor: date) -> Event:
    return Event(
        "tv_report",
        *_ago(anchor, 300, 298),
        ("sessions", "visitors", "conversion_rate"),
        {"channel": "Direct"},
        1.1,
        "Un reportage télévisé double les visites directes.",
        "A television report doubles direct visits.",
    )


def _site_down(anchor: date) -> Event:
    return Event(
        "site_down",
        *_ago(anchor, 402, 402),
        ("site_availability", "sessions", "orders", "gross_revenue"),
        {},
        -0.45,
        "Le site est inaccessible pendant onze heures.",
        "The site is down for eleven hours.",
    )


def _price_error(anchor: date) -> Event:
    return Event(
        "price_error",
        *_ago(anchor, 520, 519),
        ("margin_rate", "discount_rate", "units", "average_unit_price"),
        {"category": "Outillage"},
        -0.9,
        "Une erreur de prix brade l'outillage pendant deux jours.",
        "A price error sells tools off for two days.",
    )
