"""``python -m tests.intake.perform_in_process RUN MEDIA NAP``: a worker that can be killed."""

import sys

import django

django.setup()

from django.conf import settings  # noqa: E402  # after set-up

from intake.kinds import register  # noqa: E402
from intake.work import perform  # noqa: E402
from tests.intake.toy import Tickets  # noqa: E402

run_id, media, nap = sys.argv[1:]
settings.MEDIA_ROOT = media
kind = Tickets()
kind.nap = float(nap)
register(kind)
perform(int(run_id))
