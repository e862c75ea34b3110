"""What search finds of people: those whose page one may open, by name or address."""

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.access import Right
from accounts.models import User
from accounts.search import SearchKind, in_fields

PEOPLE = SearchKind(
    "people",
    _("People"),
    "users",
    Right.SIGNED_IN,
    rows=lambda user: User.objects.visible_to(user).placed(localdate()).order_by("full_name", "pk"),
    matches=in_fields("full_name", "email"),
    label=str,
    detail=lambda person: f"{person.role_label} · {person.email}",
    url=lambda person: reverse("person_detail", args=[person.pk]),
)
