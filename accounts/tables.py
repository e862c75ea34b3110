"""The list of people: what it filters by, what it shows and exports."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters.filterset import FilterSet

from accounts.access import Right, has_right
from accounts.fields import DayInput
from accounts.models import Channel, Department, Membership, RecordRead, Role, Team, User, UserQuerySet
from accounts.reads import KINDS, kind_choices

ACTIVE, INVITED, CLOSED = "active", "invited", "closed"
STATES = {ACTIVE: _("May sign in"), INVITED: _("Invited"), CLOSED: pgettext_lazy("access", "Closed")}
ABOUT_ACCESS = ("state", "last_login")  # columns and filters of those who manage access


def state_of(person: User) -> str:
    """``closed``, ``invited`` while the first password is missing, else ``active``."""
    if not person.is_active:
        return CLOSED
    return ACTIVE if person.has_usable_password() else INVITED


class PeopleFilter(FilterSet):
    q = django_filters.CharFilter(label=_("Name or e-mail"), method="search")
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role.choices, method="in_role")
    department = django_filters.ModelChoiceFilter(
        label=_("Department"), queryset=Department.objects.open(), method="works_in"
    )
    team = django_filters.ModelChoiceFilter(label=_("Team"), queryset=Team.objects.open(), method="works_in")
    state = django_filters.ChoiceFilter(label=_("Access"), choices=list(STATES.items()), method="in_state")

    class Meta:
        model = User
        fields = ["q", "role", "department", "team", "state"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # library base
        if not has_right(self.request.user, Right.MANAGE_PEOPLE):
            for name in ABOUT_ACCESS:
                self.filters.pop(name, None)

    def search(self, people: UserQuerySet, _name: str, value: str) -> UserQuerySet:
        return people.filter(Q(full_name__icontains=value) | Q(email__icontains=value))

    def works_in(self, people: UserQuerySet, name: str, value: Any) -> UserQuerySet:
        """Mainly or besides, today."""
        there = Membership.objects.in_force(localdate()).filter(**{name: value})
        return people.filter(pk__in=there.order_by().values("person"))

    def in_role(self, people: UserQuerySet, _name: str, value: str) -> UserQuerySet:
        return people.in_role(Role(value))

    def in_state(self, people: UserQuerySet, _name: str, value: str) -> UserQuerySet:
        if value == CLOSED:
            return people.filter(is_active=False)
        without_password = Q(password="") | Q(password__startswith="!")
        return people.active().filter(without_password if value == INVITED else ~without_password)


class PeopleTable(tables.Table):
    full_name = tables.Column(verbose_name=_("Name"), linkify=("person_detail", {"pk": tables.A("pk")}))
    email = tables.Column(verbose_name=_("E-mail"))
    role = tables.Column(verbose_name=_("Role"), accessor="role_label", order_by="role")
    department = tables.Column(
        verbose_name=_("Department"), accessor="department_name", order_by=("department_name", "full_name")
    )
    team = tables.Column(verbose_name=_("Team"), accessor="team_name", order_by=("team_name", "full_name"))
    state = tables.Column(verbose_name=_("Access"), accessor="pk", orderable=False)
    last_login = tables.DateTimeColumn(verbose_name=_("Last sign-in"), format="j N Y H:i")

    label = _("People")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "full_name"
        empty_text = _("Nobody matches these filters.")

    def render_full_name(self, record: User) -> str:
        return str(record)

    def value_state(self, record: User) -> str:
        return str(STATES[state_of(record)])

    def render_state(self, record: User) -> Any:
        return STATES[state_of(record)]


class ReadFilter(FilterSet):
    q = django_filters.CharFilter(label=_("Name"), method="search")
    what = django_filters.ChoiceFilter(label=_("What was read"), choices=kind_choices)
    channel = django_filters.ChoiceFilter(label=_("By"), choices=Channel.choices)
    start = django_filters.DateFilter(
        label=_("From"), field_name="at", lookup_expr="date__gte", widget=DayInput
    )
    end = django_filters.DateFilter(
        label=_("Until"), field_name="at", lookup_expr="date__lte", widget=DayInput
    )

    class Meta:
        model = RecordRead
        fields = ["q", "what", "channel", "start", "end"]

    def search(self, reads: Any, _name: str, value: str) -> Any:
        """Of who read, or of whose record it was."""
        return reads.filter(Q(reader__full_name__icontains=value) | Q(person__full_name__icontains=value))


class ReadTable(tables.Table):
    at = tables.DateTimeColumn(verbose_name=_("Read"), format="j N Y H:i")
    reader = tables.Column(
        verbose_name=_("Reader"), accessor="reader__full_name", order_by=("reader__full_name", "-at")
    )
    person = tables.Column(
        verbose_name=_("Person concerned"),
        accessor="person__full_name",
        order_by=("person__full_name", "-at"),
    )
    what = tables.Column(verbose_name=_("What was read"))
    channel = tables.Column(verbose_name=_("By"))

    label = _("Reads")  # of its region, for those who do not see the heading over it

    class Meta:
        order_by = "-at"
        empty_text = _("Nobody read anything that matches.")

    def render_what(self, value: str) -> str:
        return str(KINDS.get(value, value))

    def value_what(self, value: str) -> str:
        return self.render_what(value)
