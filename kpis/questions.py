"""What a script asks of values, on the command line or by the API: text → a question."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from base.calendar import CalendarRules, Grain, Period, last_periods, periods_overlapping, to_date
from base.commands import shown
from kpis.catalogue import Catalogue
from kpis.compared_values import NAMES, Comparing
from kpis.formula import FormulaError
from kpis.values import Question

MOST_PERIODS = 10_000  # days of 27 years


class QuestionError(Exception):
    """A plain sentence that says why this cannot be asked."""


@dataclass(frozen=True)
class Script:
    """A question as a script writes it: codes separated by commas; ``today`` stands where no ``as_of`` is given."""

    indicator: str
    grain: Grain
    today: date
    as_of: date | None = None
    last: int | None = None
    start: date | None = None
    end: date | None = None
    by: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    compare: str = ""


def question_of(script: Script, catalogue: Catalogue, rules: CalendarRules) -> Comparing:
    """Raises QuestionError for what does not exist, or does not go together."""
    codes = _known(script.indicator, catalogue.indicators, "indicator")
    if not codes:
        raise QuestionError("No indicator is named.")
    by = _known(script.by, catalogue.dimensions, "dimension")
    if len(set(by)) < len(by):
        raise QuestionError("“by” names a dimension twice.")
    _known(",".join(script.where), catalogue.dimensions, "dimension")
    for code in codes:
        _check_sound(code, catalogue)
    compare = _known(script.compare, NAMES, "comparison")
    question = Question(codes, tuple(_periods(script, rules)), by, script.where)
    return Comparing(question, script.grain, rules, compare, script.as_of)


def _periods(script: Script, rules: CalendarRules) -> list[Period]:
    if script.start is not None or script.end is not None:
        return _between(script, rules)
    day = script.as_of or script.today
    if script.grain is Grain.RANGE:
        raise QuestionError("The grain range needs a start and an end.")
    return [to_date(script.grain, day, rules)] if script.grain.is_to_date else _last(script, day, rules)


def _between(script: Script, rules: CalendarRules) -> list[Period]:
    start, end = script.start, script.end
    if start is None or end is None:
        raise QuestionError("A start and an end go together.")
    if script.last is not None:
        raise QuestionError("Give either a number of last periods, or a start and an end.")
    if end < start:
        raise QuestionError("The end is before the start.")
    if script.grain is Grain.RANGE:
        return [Period(start, end)]
    if script.grain.is_to_date:
        raise QuestionError("A to-date grain needs the day it stands on (as of), not a start and an end.")
    return periods_overlapping(script.grain, start, end, rules)


def _last(script: Script, day: date, rules: CalendarRules) -> list[Period]:
    count = 1 if script.last is None else script.last
    if not 1 <= count <= MOST_PERIODS:
        raise QuestionError(f"The last periods are a number from 1 to {MOST_PERIODS}.")
    try:
        return last_periods(script.grain, day, count, rules)
    except (ValueError, OverflowError):
        raise QuestionError(f"The last {count} periods reach back before any calendar.") from None


def codes_in(text: str) -> tuple[str, ...]:
    """``net_revenue, orders`` → its codes."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _known(text: str, known: Collection[str], what: str) -> tuple[str, ...]:
    codes = codes_in(text)
    for code in codes:
        if code not in known:
            raise QuestionError(f"There is no {what} “{shown(code)}”.")
    return codes


def _check_sound(code: str, catalogue: Catalogue) -> None:
    try:
        catalogue.formula(code)
    except FormulaError as error:
        raise QuestionError(str(error)) from error
