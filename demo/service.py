"""What customers say and how the site holds: contacts, satisfaction, availability, speed, search."""

from dataclasses import dataclass

import numpy as np

from demo.credits import Credits
from demo.events import planted
from demo.operations import Delivery
from demo.traffic import MOBILE, Funnel, autocorrelated
from demo.world import DEVICES, Floats, Ints, Setting

MINUTES = 1440
PROMOTERS, DETRACTORS = 0.56, 0.17


@dataclass(frozen=True)
class Service:
    """By day; response time in hundredths of an hour, summed over contacts."""

    contacts: Ints
    response_centihours: Ints
    resolved: Ints
    csat_sum: Ints
    csat_answers: Ints
    promoters: Ints
    detractors: Ints
    nps_answers: Ints


@dataclass(frozen=True)
class Site:
    """(days, devices)."""

    minutes_up: Ints
    measured: Ints
    slow: Ints
    searches: Ints
    without_result: Ints


def serve(setting: Setting, funnel: Funnel, delivery: Delivery, credits: Credits) -> Service:
    """Contacts follow orders, late parcels, credits and failed payments; waiting follows contacts."""
    rng = setting.rng("service")
    parcels = delivery.deliveries.sum(axis=(1, 2))
    late = parcels - delivery.on_time.sum(axis=(1, 2))
    usual = 0.062 * funnel.orders.sum(axis=(1, 2))
    notes = np.bincount(credits.day, minlength=len(setting.days))
    failures = funnel.payment_failures.sum(axis=(1, 2))
    mean = (usual + 0.45 * late + 0.22 * notes + 0.10 * failures) * _weekend(setting, 0.7)
    contacts = rng.poisson(mean * np.exp(autocorrelated(setting, "contacts", 1, 0.5, 0.08)[:, 0]))
    strain = contacts / np.maximum(1.55 * usual, 1)
    hours = contacts * 5.2 * np.clip(strain, 0.6, 4.0) ** 0.8 * (0.9 + 0.2 * _uniform(setting, "response"))
    late_share = late / np.maximum(parcels, 1)
    csat = _csat(setting, contacts, late_share)
    return Service(
        np.asarray(contacts),
        np.round(hours * 100).astype(np.int64),
        np.asarray(setting.rng("resolved").binomial(contacts, np.clip(0.74 - 0.25 * late_share, 0.2, 1))),
        *csat,
        *_recommendation(setting, parcels, late_share),
    )


def _uniform(setting: Setting, stream: str) -> Floats:
    return setting.rng(stream).random(len(setting.days))


def _weekend(setting: Setting, factor: float) -> Floats:
    weekday = (setting.days.astype(np.int64) + 3) % 7
    return np.where(weekday >= 5, factor, 1.0)


def _csat(setting: Setting, contacts: Ints, late_share: Floats) -> tuple[Ints, Ints]:
    """Sum of the scores from 1 to 5, and how many answered: each answer adds 1 to a binomial of 4."""
    answers = setting.rng("csat answers").binomial(contacts, 0.38)
    chance = np.clip(0.82 - 0.55 * np.maximum(late_share - 0.08, 0), 0.2, 0.95)
    points = setting.rng("csat").binomial(answers * 4, chance)
    return np.asarray(answers + points), np.asarray(answers)


def _recommendation(setting: Setting, parcels: Ints, late_share: Floats) -> tuple[Ints, Ints, Ints]:
    """Promoters, detractors and answers among those delivered."""
    answers = setting.rng("nps answers").binomial(parcels, 0.16)
    worse = np.maximum(late_share - 0.08, 0)
    promoters = setting.rng("promoters").binomial(answers, np.clip(PROMOTERS - 0.6 * worse, 0.05, 1))
    left = DETRACTORS / (1 - PROMOTERS)
    detractors = setting.rng("detractors").binomial(answers - promoters, np.clip(left + 0.8 * worse, 0, 0.95))
    return np.asarray(promoters), np.asarray(detractors), np.asarray(answers)


def watch_site(setting: Setting, funnel: Funnel) -> Site:
    """Availability, speed and search of the site, by device."""
    shape = (len(setting.days), len(DEVICES))
    measured = setting.rng("measured").binomial(funnel.page_views.sum(axis=1), 0.4)
    searches = setting.rng("searches").binomial(funnel.sessions.sum(axis=1), 0.17)
    chance = np.array([0.135, 0.072, 0.105]) * np.exp(autocorrelated(setting, "speed", 1, 0.6, 0.06))
    chance[planted(setting.anchor.astype(object))["slow_mobile_release"].on(setting), MOBILE] *= 2.4
    missed = np.full(shape, 0.081) * np.exp(autocorrelated(setting, "search", 1, 0.6, 0.04))
    return Site(
        _minutes_up(setting, shape),
        np.asarray(measured),
        np.asarray(setting.rng("slow").binomial(measured, np.clip(chance, 0, 1))),
        np.asarray(searches),
        np.asarray(setting.rng("search misses").binomial(searches, missed)),
    )


def _minutes_up(setting: Setting, shape: tuple[int, int]) -> Ints:
    """A minute or two lost on most days, a quarter of an hour now and then, eleven hours once."""
    rng = setting.rng("minutes")
    draws = rng.random((shape[0], 2))
    lost = np.floor(draws[:, :1] * 3) + np.where(draws[:, 1:] < 0.02, 12, 0)
    lost = np.repeat(lost, shape[1], axis=1).astype(np.int64)
    lost[planted(setting.anchor.astype(object))["site_down"].on(setting)] = 660
    return MINUTES - lost
