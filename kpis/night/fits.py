"""Calendar curves kept from night to night: a fit of the same figures is the same fit."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from kpis.expectation.fit import Fit
from kpis.forecast import Fits
from kpis.models import Indicator, NightFit


@contextmanager
def remembered(indicator: Indicator) -> Iterator[Fits]:
    """The last fit of the indicator, by fingerprint; what the mapping holds at the end is kept instead."""
    kept = NightFit.objects.filter(indicator=indicator).first()
    fits: Fits = {kept.fingerprint: unpack(bytes(kept.payload))} if kept else {}
    yield fits
    for name, found in fits.items():
        if kept is None or name != kept.fingerprint:
            NightFit.objects.update_or_create(
                indicator=indicator, defaults={"fingerprint": name, "payload": pack(found)}
            )


def pack(found: Fit) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, beta=found.beta, scale=found.scale, log=found.log, spent=found.spent)
    return buffer.getvalue()


def unpack(payload: bytes) -> Fit:
    with np.load(io.BytesIO(payload)) as archive:
        return Fit(archive["beta"], archive["scale"], archive["log"], archive["spent"])
