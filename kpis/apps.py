from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self) -> None:
        from base.company import CONSEQUENCES
        from base.notifications import readable
        from intake.kinds import register
        from kpis.company import consequences
        from kpis.models import Deviation
        from kpis.sources.facts.kind import FactsKind
        from kpis.sources.orders.kind import OrdersKind

        if consequences not in CONSEQUENCES:
            CONSEQUENCES.append(consequences)
        readable("deviation_detail", Deviation.objects.visible_to)
        register(OrdersKind())
        register(FactsKind())
