"""How fast pages show, answer and hold still: histograms of the three web vitals, by device.

Thresholds between good and poor at the 75th percentile are Google's (web.dev/articles/vitals): 2.5 s, 200 ms, 0.1.
"""

from dataclasses import dataclass
from math import erf, log, sqrt
from statistics import NormalDist

import numpy as np

from demo.events import planted
from demo.service import Site
from demo.traffic import MOBILE, autocorrelated
from demo.world import DEVICES, Floats, Ints, Setting

# Upper bounds of the buckets; the last holds whatever is slower, too.
LCP_MS = (1000, 1500, 2000, 2500, 3000, 4000, 6000, 10000)
INP_MS = (50, 100, 150, 200, 300, 500, 1000)
CLS = (0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)
SLOW_FROM = LCP_MS.index(2500) + 1
SPREAD = 0.55  # of the logarithm, from page view to page view
INP_MEDIAN = (105.0, 62.0, 88.0)  # by device
CLS_MEDIAN = (0.048, 0.036, 0.042)


@dataclass(frozen=True)
class Vitals:
    """(days, devices, buckets): page views by how they went."""

    lcp: Ints
    inp: Ints
    cls: Ints


def measure(setting: Setting, site: Site) -> Vitals:
    """The slow page views of the site are those beyond 2.5 s, one by one the same."""
    release = planted(setting.anchor.astype(object))["slow_mobile_release"].on(setting)
    heavier = np.ones((len(setting.days), len(DEVICES)))
    heavier[release, MOBILE] = 1.5
    return Vitals(
        _loading(setting, site),
        _histogram(setting, "inp", site.measured, heavier * INP_MEDIAN, INP_MS),
        _histogram(setting, "cls", site.measured, np.broadcast_to(CLS_MEDIAN, heavier.shape), CLS),
    )


def _loading(setting: Setting, site: Site) -> Ints:
    share = np.clip(site.slow / np.maximum(site.measured, 1), 0.001, 0.999)
    quick = np.vectorize(NormalDist().inv_cdf)(1 - share)
    shares = _shares(2500 * np.exp(-SPREAD * quick), LCP_MS)
    parts = {
        "lcp quick": (site.measured - site.slow, slice(SLOW_FROM)),
        "lcp slow": (site.slow, slice(SLOW_FROM, None)),
    }
    drawn = [
        setting.rng(stream).multinomial(views, _normal(shares[..., part]))
        for stream, (views, part) in parts.items()
    ]
    return np.concatenate(drawn, axis=2)


def _histogram(setting: Setting, stream: str, views: Ints, median: Floats, bounds: tuple[float, ...]) -> Ints:
    drift = np.exp(autocorrelated(setting, stream, 1, 0.6, 0.03))
    drawn: Ints = setting.rng(stream).multinomial(views, _shares(median * drift, bounds))
    return drawn


def _shares(median: Floats, bounds: tuple[float, ...]) -> Floats:
    """(days, devices, buckets): how a log-normal spread falls into the buckets, the last open above."""
    edges = np.array([log(bound) for bound in bounds[:-1]])
    below = 0.5 * (1 + np.vectorize(erf)((edges - np.log(median)[..., None]) / (SPREAD * sqrt(2))))
    ends = np.ones((*median.shape, 1))
    return _normal(np.diff(np.concatenate([0 * ends, below, ends], axis=2)))


def _normal(shares: Floats) -> Floats:
    """The same shares, made to sum to 1."""
    positive = np.maximum(shares, 1e-12)
    return np.asarray(positive / positive.sum(axis=-1, keepdims=True))


def columns(vitals: Vitals) -> dict[str, Ints]:
    """One column a bucket, called after its upper bound: ``lcp_to_2500``, ``cls_to_0_1``."""
    found = {"lcp": (vitals.lcp, LCP_MS), "inp": (vitals.inp, INP_MS), "cls": (vitals.cls, CLS)}
    return {
        f"{name}_to_{str(bound).replace('.', '_')}": counts[..., n]
        for name, (counts, bounds) in found.items()
        for n, bound in enumerate(bounds)
    }
