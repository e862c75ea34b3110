from typing import Any

from base.commands import ContractCommand
from kpis.packs.write import export_pack


class Command(ContractCommand):
    help = "Print the instance's indicator pack as TOML."

    def handle(self, *_args: Any, **options: Any) -> None:
        text = export_pack()
        self.answer({"pack": text}, text, as_json=options["json"])
