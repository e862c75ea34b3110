from django.apps import AppConfig


class KpisConfig(AppConfig):
    name = "kpis"

    def ready(self) -> None:
        from accounts import search
        from base.company import CONSEQUENCES
        from base.deadlines import rooms
        from base.notify import kinds as told
        from intake.kinds import register
        from intake.rows import kinds as rows
        from kpis.company import consequences
        from kpis.notifications import TOLD
        from kpis.pages.deadlines import ROOM
        from kpis.pages.search import DEVIATIONS, INDICATORS
        from kpis.pages.target_rows import TargetKind
        from kpis.sources.facts.kind import FactsKind
        from kpis.sources.orders.kind import OrdersKind

        if consequences not in CONSEQUENCES:
            CONSEQUENCES.append(consequences)
        register(OrdersKind())
        register(FactsKind())
        told.register(*TOLD)
        rooms.register(ROOM)
        search.register(INDICATORS)
        search.register(DEVIATIONS)
        rows.register(TargetKind())
