"""The list of a person's own notifications: what it shows, filters by, and does to many at once."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_filters.filterset import FilterSet

from accounts.access import Right
from accounts.lists import Bulk, BulkAction, Refused
from accounts.models import User
from base.notify.models import Notification, NotificationQuerySet
from base.tables import MomentColumn
from base.templatetags import vigie


class NotificationFilter(FilterSet):
    unread = django_filters.ChoiceFilter(label=_("State"), choices=[("1", _("Unread"))], method="only_unread")

    class Meta:
        model = Notification
        fields = ["unread"]

    def only_unread(self, found: NotificationQuerySet, _name: str, _value: str) -> NotificationQuerySet:
        return found.unread()


class NotificationTable(tables.Table):
    text = tables.Column(verbose_name=_("Notification"), orderable=False, attrs={"td": {"class": "roomy"}})
    created_at = MomentColumn(verbose_name=pgettext_lazy("notification", "Told"))
    read_at = MomentColumn(verbose_name=_("Read on"), visible=False, default="")

    label = _("Notifications")  # of its region, for those who do not see the heading over it

    class Meta:
        per_page = 30
        empty_text = _("No notification yet")

    def render_text(self, record: Notification) -> SafeString:
        said: Any = record.text
        if record.read_at is None:
            mark = vigie.icon("bell-dot", label=gettext("unread"))
            said = format_html('<span class="with-icon">{}<strong>{}</strong></span>', mark, said)
        address = reverse("notification_open", args=[record.pk])
        return format_html('<a href="{}">{}</a>', address, said) if record.url else format_html("{}", said)

    def value_text(self, record: Notification) -> str:
        return record.text


def _mark_read(note: Notification, *, by: User) -> None:
    if not Notification.objects.visible_to(by).unread().filter(pk=note.pk).update(read_at=timezone.now()):
        raise Refused(gettext("read already"))


BULK = Bulk((BulkAction("read", _("Mark as read"), Right.SIGNED_IN, _mark_read),))
