from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"

    def ready(self) -> None:
        from accounts import search
        from base.notify.kinds import register
        from intake.found import IMPORTS
        from intake.notifications import TOLD

        register(*TOLD)
        search.register(IMPORTS)
