from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self) -> None:
        from intake.kinds import register
        from kpis.sources.facts.kind import FactsKind
        from kpis.sources.orders.kind import OrdersKind

        register(OrdersKind())
        register(FactsKind())
