from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from base.calendar import CalendarRules, Grain, Period, last_periods, periods_overlapping, to_date
from base.commands import ContractCommand, dimension_values, iso_date, shown
from base.models import Company
from kpis.catalogue import Catalogue, load_catalogue
from kpis.compared import NAMES, Asked, Compared, answer
from kpis.formula import FormulaError
from kpis.values import Question, Value

MOST_PERIODS = 10_000  # days of 27 years


class Command(ContractCommand):
    help = "Values of indicators at the period asked, with their comparisons."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--indicator", required=True, help="codes, separated by commas")
        parser.add_argument("--grain", required=True, choices=[str(grain) for grain in Grain])
        parser.add_argument("--as-of")
        parser.add_argument("--last", type=int, help="how many periods, 1 unless said")
        parser.add_argument("--start")
        parser.add_argument("--end")
        parser.add_argument("--by", default="")
        parser.add_argument("--where", action="append", default=[])
        parser.add_argument("--compare", default="")

    def handle(self, *_args: Any, **options: Any) -> None:
        as_of = iso_date(options["as_of"]) if options["as_of"] else None
        catalogue = load_catalogue(as_of)
        asked = _asked(options, catalogue, as_of)
        rows = [_row(asked.grain, value, told) for value, told in answer(asked, catalogue)]
        text = "\n".join(f"{r['indicator']} {r['start']} {r['segment'] or ''} {r['value']}" for r in rows)
        self.answer({"values": rows}, text, as_json=options["json"])


def _asked(options: dict[str, Any], catalogue: Catalogue, as_of: date | None) -> Asked:
    rules = Company.current().rules
    grain = Grain(options["grain"])
    codes = _known(options["indicator"], catalogue.indicators, "indicator")
    if not codes:
        raise CommandError("--indicator names no indicator.")
    by = _dimensions(options["by"], catalogue)
    where = dimension_values(options["where"])
    _known(",".join(where), catalogue.dimensions, "dimension")
    _check_sound(codes, catalogue)
    compare = _known(options["compare"], NAMES, "comparison")
    if options["start"] or options["end"]:
        if not (options["start"] and options["end"]):
            raise CommandError("--start and --end go together.")
        if options["last"] is not None:
            raise CommandError("Give either --last, or --start and --end.")
        start, end = iso_date(options["start"]), iso_date(options["end"])
        if end < start:
            raise CommandError("--end is before --start.")
        periods = [Period(start, end)] if grain is Grain.RANGE else _between(grain, start, end, rules)
    else:
        day = as_of or timezone.localdate()
        if grain is Grain.RANGE:
            raise CommandError("The grain range needs --start and --end.")
        periods = (
            [to_date(grain, day, rules)] if grain.is_to_date else _last(grain, day, options["last"], rules)
        )
    return Asked(Question(codes, tuple(periods), by, where), grain, rules, compare, as_of)


def _dimensions(text: str, catalogue: Catalogue) -> tuple[str, ...]:
    by = _known(text, catalogue.dimensions, "dimension")
    if len(set(by)) < len(by):
        raise CommandError("--by names a dimension twice.")
    return by


def _last(grain: Grain, day: date, asked: int | None, rules: CalendarRules) -> list[Period]:
    count = 1 if asked is None else asked
    if not 1 <= count <= MOST_PERIODS:
        raise CommandError(f"--last is a number from 1 to {MOST_PERIODS}.")
    try:
        return last_periods(grain, day, count, rules)
    except (ValueError, OverflowError):
        raise CommandError(f"--last {count} reaches back before any calendar.") from None


def _between(grain: Grain, start: date, end: date, rules: CalendarRules) -> list[Period]:
    if grain.is_to_date:
        raise CommandError("A to-date grain needs --as-of, not --start and --end.")
    return periods_overlapping(grain, start, end, rules)


def _check_sound(codes: tuple[str, ...], catalogue: Catalogue) -> None:
    for code in codes:
        try:
            catalogue.formula(code)
        except FormulaError as error:
            raise CommandError(str(error)) from error


def _known(text: str, known: Any, what: str) -> tuple[str, ...]:
    codes = tuple(part.strip() for part in text.split(",") if part.strip())
    for code in codes:
        if code not in known:
            raise CommandError(f"There is no {what} “{shown(code)}”.")
    return codes


def _row(grain: Grain, value: Value, told: dict[str, Compared]) -> dict[str, Any]:
    return {
        "indicator": value.indicator,
        "grain": str(grain),
        "start": value.period.start,
        "end": value.period.end,
        "segment": value.segment,
        "value": value.value,
        "days_present": value.days_present,
        "days_expected": value.days_expected,
        "reason": value.reason,
        "compare": {name: _compared(compared) for name, compared in told.items()},
    }


def _compared(c: Compared) -> dict[str, Any]:
    return {
        "value": c.value,
        "start": c.reference.start if c.reference else None,
        "end": c.reference.end if c.reference else None,
        "current": c.current,
        "current_start": c.period.start if c.period else None,
        "current_end": c.period.end if c.period else None,
        "change": c.change,
        "change_points": c.points,
        "reason": c.reason,
    }
