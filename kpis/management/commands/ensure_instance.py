from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from kpis.models import Measure
from kpis.packs.load import load_pack

SHIPPED = Path(__file__).resolve().parents[2] / "packs" / "ecommerce.toml"


class Command(BaseCommand):
    help = "Load the shipped e-commerce pack into an instance that has no catalogue yet."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not Measure.objects.exists():
            load_pack(SHIPPED.read_text(encoding="utf-8"))
