from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self) -> None:
        from base.company import CONSEQUENCES
        from intake.kinds import register
        from kpis.company import consequences
        from kpis.sources.facts.kind import FactsKind
        from kpis.sources.orders.kind import OrdersKind

        if consequences not in CONSEQUENCES:
            CONSEQUENCES.append(consequences)
        register(OrdersKind())
        register(FactsKind())
