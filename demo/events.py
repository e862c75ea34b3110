"""What is planted in the demo data, and the truth about it, written apart from the data.

Dates are relative to the anchor (the last day of the first load), so that the cockpit always has news.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from base.events import retail_events
from demo.world import Bools, Setting

GIANT_ORDER_DAY = 251  # days before the anchor


@dataclass(frozen=True)
class Planted:
    """An event by what it is: ``effect`` is the relative change of the first indicator inside ``segment``."""

    code: str
    indicators: tuple[str, ...]
    segment: dict[str, str]
    effect: float
    description_fr: str
    description_en: str


@dataclass(frozen=True)
class Event(Planted):
    """A planted event, dated."""

    start: date
    end: date

    def on(self, setting: Setting) -> Bools:
        """Mask of the days it lasts."""
        return setting.between(np.datetime64(self.start), np.datetime64(self.end))


# First and last day, counted back from the anchor.
AGO = {
    "payment_outage_mobile": (2, 0),
    "campaign_burning_money": (19, 8),
    "slow_checkout": (31, 27),
    "carrier_strike": (47, 40),
    "tracking_loss": (66, 61),
    "competitor_promotion": (88, 80),
    "price_error": (105, 104),
    "slow_mobile_release": (135, 125),
    "good_seo_month": (190, 163),
    "giant_order_cancelled": (GIANT_ORDER_DAY, GIANT_ORDER_DAY - 1),
    "tv_report": (300, 298),
    "site_down": (330, 330),
}

# What moves when more or fewer buy.
SALES = ("gross_revenue", "orders", "order_lines", "units")

EVENTS = (
    Planted(
        "payment_outage_mobile",
        ("payment_failure_rate", "conversion_rate", *SALES, "checkout_completion_rate"),
        {"device": "mobile"},
        12.0,
        "Panne de paiement sur mobile : trois paiements sur quatre échouent.",
        "Payment outage on mobile: three payments out of four fail.",
    ),
    Planted(
        "campaign_burning_money",
        ("ad_spend", "roas", "cac", "cost_per_click", "bounce_rate", "sessions"),
        {"channel": "Social", "campaign": "Social Inspiration"},
        7.0,
        "La campagne Social Inspiration dépense huit fois plus sans commande supplémentaire.",
        "The campaign Social Inspiration spends eight times as much without one more order.",
    ),
    Planted(
        "slow_checkout",
        ("checkout_completion_rate", "conversion_rate", *SALES),
        {},
        -0.4,
        "La page de paiement est lente : deux acheteurs sur cinq abandonnent.",
        "The payment page is slow: two buyers in five give up.",
    ),
    Planted(
        "carrier_strike",
        ("on_time_delivery_rate", "delivery_days", "contacts", "contact_rate", "csat"),
        {"carrier": "Messagerie Atlas"},
        -0.8,
        "Grève chez le transporteur Messagerie Atlas : livraisons en retard, service client sollicité.",
        "Strike at the carrier Messagerie Atlas: late deliveries, customer service under load.",
    ),
    Planted(
        "tracking_loss",
        ("sessions", "visitors", "conversion_rate", "cart_rate"),
        {},
        -0.35,
        "Un bandeau de consentement défectueux cache une visite sur trois ; les commandes, elles, continuent.",
        "A faulty consent banner hides one visit in three; orders go on.",
    ),
    Planted(
        "competitor_promotion",
        ("conversion_rate", *SALES),
        {},
        -0.35,
        "Un concurrent fête son anniversaire : un acheteur sur trois va chez lui, surtout pour l’outillage.",
        "A competitor celebrates its birthday: one buyer in three goes there, for tools above all.",
    ),
    Planted(
        "price_error",
        ("margin_rate", "discount_rate", "units", "average_unit_price", "gross_margin"),
        {"category": "Outillage"},
        -0.9,
        "Une erreur de prix brade l’outillage pendant deux jours.",
        "A price error sells tools off for two days.",
    ),
    Planted(
        "slow_mobile_release",
        ("slow_page_rate", "lcp_p75", "inp_p75", "bounce_rate", "conversion_rate"),
        {"device": "mobile"},
        1.4,
        "Une mise en production ralentit le site mobile.",
        "A release slows the mobile site down.",
    ),
    Planted(
        "good_seo_month",
        ("sessions", "visitors", *SALES),
        {"channel": "SEO"},
        0.5,
        "De nouveaux guides d’achat bien classés amènent une visite de plus sur deux pendant un mois.",
        "New, well-ranked buying guides bring half as many visits again for a month.",
    ),
    Planted(
        "soldes_better",
        (*SALES, "sessions", "visitors", "conversion_rate"),
        {},
        0.5,
        "La première semaine des soldes est bien meilleure que celle de l’an dernier.",
        "The first week of the sales is far better than last year's.",
    ),
    Planted(
        "garden_stockout",
        ("stockout_rate", "stock_value", *SALES),
        {"category": "Jardin et extérieur"},
        7.0,
        "Rupture au rayon jardin en pleine saison : plus d’une référence sur quatre manque.",
        "Stock-out in the garden category at the height of its season: over one product in four is missing.",
    ),
    Planted(
        "giant_order_cancelled",
        ("gross_revenue", "cancelled_value", "aov_gross", "cancellation_rate_value"),
        {"category": "Isolation"},
        3.0,
        "Une commande professionnelle géante est annulée le lendemain.",
        "A giant professional order is cancelled the next day.",
    ),
    Planted(
        "tv_report",
        ("sessions", "visitors", "conversion_rate"),
        {"channel": "Direct"},
        1.1,
        "Un reportage télévisé double les visites directes.",
        "A television report doubles direct visits.",
    ),
    Planted(
        "site_down",
        ("site_availability", "sessions", "visitors", *SALES),
        {},
        -0.45,
        "Le site est inaccessible pendant onze heures.",
        "The site is down for eleven hours.",
    ),
)


def planted(anchor: date) -> dict[str, Event]:
    """All planted events, by code."""
    return {event.code: event for event in _dated(anchor)}


def truth(setting: Setting) -> dict[str, Any]:
    """The planted events as a JSON-ready document."""
    anchor: date = setting.anchor.astype(object)
    rows = [{**asdict(e), "start": str(e.start), "end": str(e.end)} for e in planted(anchor).values()]
    return {"seed": setting.seed, "anchor": str(anchor), "as_of": str(setting.as_of), "events": rows}


def _dated(anchor: date) -> Iterator[Event]:
    spring, sales = _last_spring(anchor), _last_sales(anchor)
    dates = {
        code: (anchor - timedelta(first), anchor - timedelta(last)) for code, (first, last) in AGO.items()
    }
    dates["garden_stockout"] = (spring, spring + timedelta(days=13))
    dates["soldes_better"] = (sales, sales + timedelta(days=6))
    for event in EVENTS:
        start, end = dates[event.code]
        yield Event(**vars(event), start=start, end=end)


def _last_spring(anchor: date) -> date:
    spring = date(anchor.year, 4, 20)
    return spring if spring <= anchor - timedelta(days=75) else spring.replace(year=anchor.year - 1)


def _last_sales(anchor: date) -> date:
    """First day of the last sales of the law that are some weeks past."""
    events = retail_events([anchor.year - 1, anchor.year])
    starts = [event.start for event in events if event.code in ("winter_sales", "summer_sales")]
    return max(start for start in starts if start <= anchor - timedelta(days=30))
