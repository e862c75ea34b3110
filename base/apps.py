from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished


class BaseConfig(AppConfig):
    name = "base"

    def ready(self) -> None:
        from accounts.signals import told
        from accounts.tokens import secrets_ended
        from base.deadlines.escalation import LATE
        from base.deadlines.feed import feed_end
        from base.notify.approvers import APPROVER_GONE, tell_approver
        from base.notify.kinds import register

        register(LATE, APPROVER_GONE)
        secrets_ended.connect(feed_end, dispatch_uid="base.deadlines.feed")
        told.connect(tell_approver, dispatch_uid="base.notify.approvers")
        request_finished.connect(_forget_currency, dispatch_uid="base.forget_currency")


def _forget_currency(**_about: Any) -> None:
    """The currency of one request says nothing about the next one of the same thread."""
    from base.formats import use_currency

    use_currency()
