"""The fixed traits of the demo company, Maison Martel: where it sells, through what, and what it costs.

Every figure is invented but of the size the trade knows: conversion 1.5 to 3 %, baskets near 115 €, margins
near 38 %, a return on ad spend near 6.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Days: TypeAlias = NDArray[np.datetime64]

COMPANY = "Maison Martel"
WARM_UP_DAYS = 45  # simulated before the first written day, so that its deliveries and returns exist
YEARS = 3
SESSIONS_A_DAY = 3400.0  # on an average day at the start
GROWTH_A_YEAR = 0.07
VAT = 1.2

CHANNELS = ("Direct", "SEO", "SEA", "Social", "E-mail", "Affiliation")
CHANNEL_SHARE = np.array([0.21, 0.33, 0.21, 0.10, 0.10, 0.05])
DEVICES = ("mobile", "desktop", "tablet")
# Share of each device inside a channel, in the order of DEVICES.
DEVICE_SHARE = np.array(
    [
        [0.50, 0.45, 0.05],
        [0.58, 0.36, 0.06],
        [0.60, 0.34, 0.06],
        [0.80, 0.16, 0.04],
        [0.56, 0.39, 0.05],
        [0.55, 0.40, 0.05],
    ]
)
CHANNEL_CONVERSION = np.array([0.0255, 0.0205, 0.0235, 0.0165, 0.0290, 0.0215])
DEVICE_CONVERSION = np.array([0.88, 1.22, 1.0])
DEVICE_BASKET = np.array([0.9, 1.12, 1.0])

REGIONS = ("Île-de-France", "Nord et Est", "Ouest", "Centre", "Sud-Ouest", "Sud-Est")
REGION_SHARE = np.array([0.20, 0.23, 0.17, 0.08, 0.13, 0.19])

CARRIERS = ("Colis Hexagone", "Messagerie Atlas", "Volumineux Express")
CARRIER_SHARE = np.array([0.50, 0.37, 0.13])
CARRIER_COST = np.array([5.90, 5.20, 21.50])  # € excluding VAT a parcel
PROMISED_DAYS = 4
CLICK_COLLECT_SHARE = 0.26


@dataclass(frozen=True)
class Campaign:
    """An advertising campaign: its share of the channel's clicks, € a click, click-through rate."""

    name: str
    channel: str
    share: float
    cost_per_click: float
    click_through: float
    quality: float  # its orders a click, relative to its channel


CAMPAIGNS = (
    Campaign("SEA Marque", "SEA", 0.28, 0.19, 0.110, 1.5),
    Campaign("SEA Génériques", "SEA", 0.32, 0.62, 0.042, 0.7),
    Campaign("SEA Shopping", "SEA", 0.40, 0.45, 0.011, 0.9),
    Campaign("Social Inspiration", "Social", 0.55, 0.33, 0.009, 0.7),
    Campaign("Social Reciblage", "Social", 0.45, 0.41, 0.014, 1.4),
    Campaign("Affiliation Bons plans", "Affiliation", 0.60, 0.38, 0.030, 1.0),
    Campaign("Affiliation Comparateurs", "Affiliation", 0.40, 0.42, 0.036, 1.0),
)


@dataclass(frozen=True)
class Setting:
    """What one generation is made from.

    ``days`` run from WARM_UP_DAYS before ``start`` to ``as_of`` included; ``anchor`` is the day the planted
    events are placed from, so that a later ``as_of`` prolongs the same history.
    """

    seed: int
    anchor: np.datetime64
    start: np.datetime64
    as_of: np.datetime64
    days: Days

    def rng(self, stream: str) -> np.random.Generator:
        """One generator per named stream: adding a stream never changes another."""
        return np.random.default_rng([self.seed, *stream.encode()])

    def between(self, start: np.datetime64, end: np.datetime64) -> Bools:
        """Mask of the days in [start, end]."""
        return np.asarray((self.days >= start) & (self.days <= end))
