from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "intake"

    def ready(self) -> None:
        from base.notify.kinds import register
        from intake.notifications import TOLD

        register(*TOLD)
