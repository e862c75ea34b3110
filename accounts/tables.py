"""The list of people: what it filters by, what it shows and exports."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters.filterset import FilterSet

from accounts.models import Department, Role, Team, User, UserQuerySet

ACTIVE, INVITED, CLOSED = "active", "invited", "closed"
STATES = {ACTIVE: _("May sign in"), INVITED: _("Invited"), CLOSED: pgettext_lazy("access", "Closed")}


def state_of(person: User) -> str:
    """``closed``, ``invited`` while the first password is missing, else ``active``."""
    if not person.is_active:
        return CLOSED
    return ACTIVE if person.has_usable_password() else INVITED


class PeopleFilter(FilterSet):
    q = django_filters.CharFilter(label=_("Name or e-mail"), method="search")
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role.choices)
    department = django_filters.ModelChoiceFilter(label=_("Department"), queryset=Department.objects.all())
    team = django_filters.ModelChoiceFilter(label=_("Team"), queryset=Team.objects.all())
    state = django_filters.ChoiceFilter(label=_("Access"), choices=list(STATES.items()), method="in_state")

    class Meta:
        model = User
        fields = ["q", "role", "department", "team", "state"]

    def search(self, people: UserQuerySet, _name: str, value: str) -> UserQuerySet:
        return people.filter(Q(full_name__icontains=value) | Q(email__icontains=value))

    def in_state(self, people: UserQuerySet, _name: str, value: str) -> UserQuerySet:
        if value == CLOSED:
            return people.filter(is_active=False)
        without_password = Q(password="") | Q(password__startswith="!")
        return people.active().filter(without_password if value == INVITED else ~without_password)


class PeopleTable(tables.Table):
    full_name = tables.Column(verbose_name=_("Name"), linkify=("person_detail", {"pk": tables.A("pk")}))
    email = tables.Column(verbose_name=_("E-mail"))
    role = tables.Column(verbose_name=_("Role"))
    department = tables.Column(verbose_name=_("Department"), order_by=("department__name", "full_name"))
    team = tables.Column(verbose_name=_("Team"), order_by=("team__name", "full_name"))
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
