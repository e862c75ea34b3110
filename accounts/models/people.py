"""People, the departments and teams they belong to, and the one role each of them has."""

from datetime import datetime
from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    NONE = "none", _("No access yet")
    DIRECTOR = "director", _("E-commerce director")
    TOP_MANAGEMENT = "top_management", _("Top management")
    MANAGER = "manager", _("Manager")
    MEMBER = "member", _("Team member")
    HR = "hr", _("Human resources")
    CONTRIBUTOR = "contributor", _("Contributor")
    ANALYST = "analyst", _("Data analyst")
    ADMINISTRATOR = "administrator", _("Administrator")


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the device")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Language(models.TextChoices):
    FRENCH = "fr", _("French")
    ENGLISH = "en", _("English")


class Department(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    name = models.CharField(_("name"), max_length=100)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="teams", verbose_name=_("department")
    )
    lead = models.ForeignKey(
        "accounts.User",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_teams",
        verbose_name=_("team lead"),
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["department", "name"], name="team_name_unique_in_department")
        ]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def in_role(self, *roles: Role) -> "UserQuerySet":
        return self.filter(role__in=roles)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def in_role(self, *roles: Role) -> UserQuerySet:
        return self.get_queryset().in_role(*roles)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with this e-mail, kept in lower case; without a password until invited to set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


_AUDITED = ["email", "full_name", "role", "department", "team", "is_active"]


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(condition=pgtrigger.AnyChange(*_AUDITED)),
    pghistory.DeleteEvent(),
    fields=_AUDITED,
    model_name="UserEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events"),
    append_only=True,
)
class User(AbstractBaseUser):
    """A person of the company. Every change to what they may do is kept in ``UserEvent`` by triggers."""

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.NONE)
    department = models.ForeignKey(
        Department,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("department"),
    )
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("team")
    )
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FRENCH)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.SYSTEM)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["full_name", "email"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values), name="user_language_is_known"
            ),
            models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="user_theme_is_known"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        return str(self)


class Invitation(models.Model):
    """The open invitation of a person to set their first password. The link carries ``nonce``, signed."""

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="invitation")
    nonce = models.CharField(max_length=32)
    sent_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="sent_invitations", verbose_name=_("sent by")
    )
    sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("valid until"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("sent_at")),
                name="invitation_expires_after_sending",
            )
        ]

    def __str__(self) -> str:
        return str(self.person)

    def is_open(self, *, at: datetime) -> bool:
        return self.accepted_at is None and at < self.expires_at


class RoleRequestQuerySet(models.QuerySet["RoleRequest"]):
    def pending(self) -> "RoleRequestQuerySet":
        return self.filter(state=RoleRequest.State.PENDING)

    def decidable_by(self, user: User) -> "RoleRequestQuerySet":
        """Those this person may decide: neither asked by them nor for them."""
        return self.pending().exclude(requested_by=user).exclude(person=user)


class RoleRequest(models.Model):
    """A role that takes two people: asked by one, granted or refused by another."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for a second person")
        GRANTED = "granted", _("Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="role_requests", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    requested_at = models.DateTimeField(_("asked"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects = RoleRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="role_request_role_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "granted", "refused", "withdrawn"]),
                name="role_request_state_is_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="granted")
                | (
                    models.Q(decided_by__isnull=False)
                    & ~models.Q(decided_by=models.F("requested_by"))
                    & ~models.Q(decided_by=models.F("person"))
                ),
                name="role_request_granted_by_a_second_person",
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(state="pending"),
                name="role_request_one_pending_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} → {self.get_role_display()}"
