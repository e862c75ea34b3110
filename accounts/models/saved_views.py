"""Filters and order of a list, kept under a name: one's own, or shared with those who may open the list."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User

MOST_IN_QUERY = 1_000


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> "SavedViewQuerySet":
        """One's own, and those shared of lists the person may open."""
        from accounts.access import Right, has_right  # it reads these models
        from accounts.lists.saved import lists_open_to

        if not has_right(user, Right.SIGNED_IN):
            return self.none()
        return self.filter(list_name__in=lists_open_to(user)).filter(Q(owner=user) | Q(shared=True))


class SavedView(models.Model):
    """``list_name`` is the name of the list's URL, ``query`` what it is asked for then, as in its address."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    list_name = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=MOST_IN_QUERY, blank=True)
    shared = models.BooleanField(_("Shared with those who may open this list"), default=False)
    is_default = models.BooleanField(_("What I see first"), default=False)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "list_name", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(
                fields=["owner", "list_name"], condition=Q(is_default=True), name="saved_view_one_default"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="saved_view_has_a_name"),
        ]
        indexes = [models.Index(fields=["list_name"], condition=Q(shared=True), name="saved_view_shared")]

    def __str__(self) -> str:
        return self.name
