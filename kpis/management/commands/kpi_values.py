from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from base.calendar import Grain
from base.commands import ContractCommand, dimension_values, iso_date
from base.models import Company
from kpis.catalogue import load_catalogue
from kpis.compared_values import answer
from kpis.documents import value_document
from kpis.questions import QuestionError, Script, question_of


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
        script = _script(options)
        catalogue = load_catalogue(script.as_of)
        try:
            asked = question_of(script, catalogue, Company.current().rules)
        except QuestionError as error:
            raise CommandError(str(error)) from error
        rows = [value_document(asked.grain, value, compared) for value, compared in answer(asked, catalogue)]
        text = "\n".join(f"{r['indicator']} {r['start']} {r['segment'] or ''} {r['value']}" for r in rows)
        self.answer({"values": rows}, text, as_json=options["json"])


def _script(options: dict[str, Any]) -> Script:
    days = {name: iso_date(options[name]) if options[name] else None for name in ("as_of", "start", "end")}
    return Script(
        indicator=options["indicator"],
        grain=Grain(options["grain"]),
        today=timezone.localdate(),
        last=options["last"],
        by=options["by"],
        where=dimension_values(options["where"]),
        compare=options["compare"],
        **days,
    )
