"""Tokens by which programs read what a person may read: only a digest is kept."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User

LONGEST = timedelta(days=366)


class Scope(models.TextChoices):
    FIGURES_READ = "figures:read", _("Read figures: indicators, values, gaps, deviations and targets")
    TARGETS_WRITE = "targets:write", _("Set targets, or propose them where your role may do no more")
    FACTS_WRITE = "facts:write", _("Send figures by day, as imports you can look at and undo")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, *, at: datetime) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=at, owner__is_active=True)

    def visible_to(self, user: Any) -> "ApiTokenQuerySet":
        """One's own; everybody's for who manages people."""
        from accounts.access import Right, has_right  # it reads these models

        if has_right(user, Right.MANAGE_PEOPLE):
            return self.all()
        return self.filter(owner=user) if has_right(user, Right.SIGNED_IN) else self.none()

    def revoke(self, *, by: User | None, at: datetime) -> int:
        """End those not ended yet; how many."""
        return self.filter(revoked_at=None).update(revoked_at=at, revoked_by=by)


class ApiToken(models.Model):
    """One token. What it opens is never more than what its owner's role opens at the moment it is used."""

    owner = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=100)
    digest = models.CharField(
        max_length=64, unique=True
    )  # SHA-256, hexadecimal: 256 random bits need no salt
    beginning = models.CharField(_("begins with"), max_length=12)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope), verbose_name=_("may"))
    created_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("valid until"))
    last_used_on = models.DateField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("ended"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at"))
                & models.Q(expires_at__lte=models.F("created_at") + LONGEST),
                name="api_token_expires_within_a_year",
            ),
            models.CheckConstraint(
                condition=models.Q(scopes__len__gt=0) & models.Q(scopes__contained_by=Scope.values),
                name="api_token_scopes_are_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def state(self, *, at: datetime) -> Any:
        """In a word, for lists."""
        if self.revoked_at is not None:
            return _("Ended")
        return _("Expired") if self.expires_at <= at else _("In use")

    @property
    def allows(self) -> list[Any]:
        """What its scopes open, in words."""
        return [Scope(scope).label for scope in self.scopes]
