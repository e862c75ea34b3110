from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("People and access")

    def ready(self) -> None:
        from accounts import checks, devices, signals  # noqa: F401  # registers them
        from accounts.people_search import PEOPLE
        from accounts.search import register

        register(PEOPLE)
