"""A worker of the night's bench: ready first, then at the run whose number it reads on its standard input."""

import sys
import time

import django


def main() -> None:
    from kpis.models import Gap, NightlyRun, NightState
    from kpis.nightly import advance

    Gap.objects.first()  # connected; models and numpy are loaded
    print("ready", flush=True)
    told = sys.stdin.readline()
    while told and NightlyRun.objects.filter(pk=int(told), state=NightState.RUNNING).exists():
        if not advance(int(told)):
            time.sleep(0.02)


if __name__ == "__main__":
    django.setup()
    main()
