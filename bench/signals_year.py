"""Every flag a year of nights raises on the real orders, as the table of docs/signals.md.

    ./run drill reference_year [--scopes "United Kingdom,EIRE"] [--skip 541431,C541433] [--from D] [--to D]

Reads the reference files beside the project; no database. Each night sees only its past.
"""

import argparse
import sys
from datetime import date, timedelta

from kpis.expectation.types import Signal, Verdict
from kpis.signals import judge
from tests.kpis import online_retail as real


def flags(
    book: real.Book, first: date, last: date
) -> dict[tuple[str, str, str, date], list[tuple[date, Verdict]]]:
    """(grain, indicator, scope, start of the period) → the nights that flagged it, with what they said."""
    found: dict[tuple[str, str, str, date], list[tuple[date, Verdict]]] = {}
    for n in range((last - first).days + 1):
        night = first + timedelta(n)
        panels = real.panels(book, night)
        for code in real.INDICATORS:
            verdicts = judge(panels[code], real.spans(night), real.histories(book, code, night))
            for span, of_scope in verdicts.items():
                for scope, verdict in zip(book.scopes, of_scope, strict=True):
                    if verdict.signal in (Signal.HIGH, Signal.LOW):
                        found.setdefault((span.grain, code, scope, span.start), []).append((night, verdict))
    return found


def line(key: tuple[str, str, str, date], nights: list[tuple[date, Verdict]]) -> str:
    """One row of the table: the first night and what it saw."""
    grain, code, scope, start = key
    night, v = nights[0]
    figures = f"{v.value:,.4g} | {v.expected:,.4g} [{v.low:,.4g} – {v.high:,.4g}]"
    return f"| {grain} {start} | {code} | {scope} | {night} ({len(nights)}) | {v.signal} {v.reason} | {figures} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scopes", default="United Kingdom")
    parser.add_argument("--skip", default="")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, default=date(2011, 1, 4))
    parser.add_argument("--to", dest="last", type=date.fromisoformat, default=real.LAST)
    asked = parser.parse_args()
    scopes = (real.WHOLE, *filter(None, asked.scopes.split(",")))
    found = flags(real.book(asked.skip.split(","), scopes), asked.first, asked.last)
    sys.stdout.write(
        "| period | indicator | scope | first night (nights) | says | value | expected [95 %] |\n"
    )
    sys.stdout.write("|---|---|---|---|---|---|---|\n")
    for key in sorted(found, key=lambda k: (k[3], k[0], k[1], k[2])):
        sys.stdout.write(line(key, found[key]) + "\n")
    sys.stdout.write(f"\n{len(found)} flagged periods in {(asked.last - asked.first).days + 1} nights\n")


if __name__ == "__main__":
    main()
