"""Visits and the funnel down to the order, by day × channel × device.

Every random draw is laid out day first, so that a longer history has the shorter one as its beginning.
"""

from dataclasses import dataclass

import numpy as np

from demo import season
from demo.catalogue import GARDEN
from demo.events import planted
from demo.world import (
    CHANNEL_CONVERSION,
    CHANNEL_SHARE,
    CHANNELS,
    DEVICE_CONVERSION,
    DEVICE_SHARE,
    DEVICES,
    SESSIONS_A_DAY,
    Floats,
    Ints,
    Setting,
)

CHECKOUT_RATE = 0.47  # of sessions with a basket
PAYER_RATE = 0.565  # of sessions at checkout
FAILURE_RATE = 0.055  # of first payments
RETRY_RATE = 0.62  # of failed payments, tried again with success
MOBILE = DEVICES.index("mobile")
SOCIAL = CHANNELS.index("Social")


@dataclass(frozen=True)
class Funnel:
    """Counts by (day, channel, device); ``wasted`` sessions, by day, came from the burning campaign.

    ``visits`` are those made, ``sessions`` those the site measures.
    """

    visits: Ints
    sessions: Ints
    visitors: Ints
    bounces: Ints
    page_views: Ints
    carts: Ints
    checkouts: Ints
    payment_attempts: Ints
    payment_failures: Ints
    orders: Ints
    wasted: Ints


def autocorrelated(setting: Setting, stream: str, width: int, phi: float, sigma: float) -> Floats:
    """AR(1) noise in logs, (days, width): Student tails (6 degrees), stationary deviation sigma."""
    shocks = setting.rng(stream).standard_t(6, size=(len(setting.days), width))
    shocks *= sigma * np.sqrt((1 - phi**2) * 4 / 6)
    level = np.zeros(width)
    out = np.empty_like(shocks)
    for day, shock in enumerate(shocks):
        level = phi * level + shock
        out[day] = level
    return out


def funnel(setting: Setting) -> Funnel:
    """Simulate the whole funnel."""
    wasted = _wasted(setting)
    sessions = _sessions(setting)
    carts, checkouts = _baskets(setting, sessions)
    attempts, failures, orders = _payments(setting, checkouts)
    sessions[:, SOCIAL, MOBILE] += wasted
    visits, sessions = sessions, _counted(setting, sessions)
    visitors = _share(setting, "visitors", sessions, np.full(sessions.shape, 0.86))
    bounces = _share(setting, "bounces", sessions, _bounce_chance(setting))
    bounces[:, SOCIAL, MOBILE] = np.minimum(
        sessions[:, SOCIAL, MOBILE], bounces[:, SOCIAL, MOBILE] + wasted // 3
    )
    stayed = sessions - bounces
    page_views = sessions + setting.rng("pages").poisson(stayed * 5.1)
    return Funnel(
        visits, sessions, visitors, bounces, page_views, carts, checkouts, attempts, failures, orders, wasted
    )


def _share(setting: Setting, stream: str, whole: Ints, chance: Floats) -> Ints:
    return np.asarray(setting.rng(stream).binomial(whole, np.clip(chance, 0, 1)))


def _sessions(setting: Setting) -> Ints:
    shares = CHANNEL_SHARE[:, None] * DEVICE_SHARE
    common = autocorrelated(setting, "traffic", 1, 0.6, 0.045)[:, :, None]
    own = autocorrelated(setting, "channel traffic", len(CHANNELS), 0.6, 0.055)[:, :, None]
    demand = SESSIONS_A_DAY * season.traffic(setting.days, setting.start)[:, None, None]
    mean = demand * shares * _device_drift(setting) * np.exp(common + own) * _traffic_events(setting)
    return np.asarray(setting.rng("sessions").poisson(mean))


def _device_drift(setting: Setting) -> Floats:
    """Mobile gains on desktop, slowly."""
    years = (setting.days - setting.start).astype(float) / 365.25
    drift = np.array([0.02, -0.03, -0.02])
    return np.asarray(1 + years[:, None, None] * drift)


def _traffic_events(setting: Setting) -> Floats:
    events = planted(setting.anchor.astype(object))
    factor = np.ones((len(setting.days), len(CHANNELS), len(DEVICES)))
    factor[events["site_down"].on(setting)] *= 0.55
    television = events["tv_report"].on(setting)
    factor[television, CHANNELS.index("Direct")] *= 2.1
    factor[television, CHANNELS.index("SEO")] *= 1.3
    factor[events["good_seo_month"].on(setting), CHANNELS.index("SEO")] *= 1.5
    factor[events["soldes_better"].on(setting)] *= 1.3
    return factor


def _counted(setting: Setting, sessions: Ints) -> Ints:
    """The sessions that are measured: most of them, while the consent banner is broken."""
    lost = planted(setting.anchor.astype(object))["tracking_loss"].on(setting)
    return _share(
        setting, "counted", sessions, np.where(lost, 0.65, 1.0)[:, None, None] * np.ones(sessions.shape)
    )


def _wasted(setting: Setting) -> Ints:
    """Sessions of visitors who will not buy, brought by the burning campaign."""
    on = planted(setting.anchor.astype(object))["campaign_burning_money"].on(setting)
    mean = np.where(on, 0.31 * SESSIONS_A_DAY, 0.0)
    return np.asarray(setting.rng("wasted").poisson(mean))


def _baskets(setting: Setting, sessions: Ints) -> tuple[Ints, Ints]:
    """Sessions with a basket, and those that reach checkout."""
    usual = CHECKOUT_RATE * PAYER_RATE * (1 - FAILURE_RATE * (1 - RETRY_RATE))
    noise = np.exp(autocorrelated(setting, "conversion", 1, 0.5, 0.035))[:, :, None]
    wanted = CHANNEL_CONVERSION[:, None] * DEVICE_CONVERSION * season.conversion(setting.days)[:, None, None]
    carts = _share(setting, "carts", sessions, wanted / usual * noise * _conversion_events(setting))
    reach = CHECKOUT_RATE * np.exp(autocorrelated(setting, "checkout", 1, 0.4, 0.02))[:, :, None]
    return carts, _share(setting, "checkouts", carts, np.broadcast_to(reach, carts.shape))


def _conversion_events(setting: Setting) -> Floats:
    events = planted(setting.anchor.astype(object))
    factor = np.ones((len(setting.days), len(CHANNELS), len(DEVICES)))
    factor[events["slow_mobile_release"].on(setting), :, MOBILE] *= 0.80
    factor[events["tv_report"].on(setting), CHANNELS.index("Direct")] *= 0.62
    factor[events["price_error"].on(setting)] *= 1.22
    factor[events["soldes_better"].on(setting)] *= 1.15
    mix = season.category_mix(setting.days)
    lost = np.where(events["garden_stockout"].on(setting), 1 - 0.55 * mix[:, GARDEN], 1.0)
    lost *= np.where(events["competitor_promotion"].on(setting), 0.65, 1.0)
    return np.asarray(factor * lost[:, None, None])


def _payments(setting: Setting, checkouts: Ints) -> tuple[Ints, Ints, Ints]:
    """Payment attempts, failures and orders paid: a failed payment is tried again once, or given up."""
    events = planted(setting.anchor.astype(object))
    on = events["payment_outage_mobile"].on(setting)
    fails = (
        FAILURE_RATE
        * np.exp(autocorrelated(setting, "payment", 1, 0.5, 0.08))[:, :, None]
        * np.ones(checkouts.shape)
    )
    retries = np.full(checkouts.shape, RETRY_RATE)
    fails[on, :, MOBILE], retries[on, :, MOBILE] = 0.75, 0.04
    pays = np.full(checkouts.shape, PAYER_RATE)
    pays[events["slow_checkout"].on(setting)] *= 0.6
    payers = _share(setting, "payers", checkouts, pays)
    failed = _share(setting, "failed payments", payers, fails)
    retried = _share(setting, "retried payments", failed, retries)
    return payers + retried, failed, payers - failed + retried


def _bounce_chance(setting: Setting) -> Floats:
    """Chance that a session has one page only."""
    slow = planted(setting.anchor.astype(object))["slow_mobile_release"].on(setting)
    chance = np.array([0.45, 0.36, 0.40]) + np.array([0.0, 0.0, 0.02, 0.12, -0.05, 0.04])[:, None]
    out = chance * np.exp(autocorrelated(setting, "bounce", 1, 0.5, 0.02))[:, :, None]
    out[slow, :, MOBILE] *= 1.15
    return np.asarray(out)
