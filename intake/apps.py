from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"

    def ready(self) -> None:
        from accounts import search
        from base.notify.kinds import register
        from intake.notifications import TOLD
        from intake.rows import kinds as rows
        from intake.rows.people import PeopleKind
        from intake.search import IMPORTS

        register(*TOLD)
        search.register(IMPORTS)
        rows.register(PeopleKind())
