from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished


class BaseConfig(AppConfig):
    name = "base"

    def ready(self) -> None:
        from accounts.signals import told
        from base.notifications import keep

        told.connect(keep, dispatch_uid="base.notifications")
        request_finished.connect(_forget_currency, dispatch_uid="base.forget_currency")


def _forget_currency(**_about: Any) -> None:
    """The currency of one request says nothing about the next one of the same thread."""
    from base.formats import use_currency

    use_currency()
