"""People, their departments and teams, and the one role each of them has."""

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

import pghistory
import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.dated import in_force

if TYPE_CHECKING:
    from accounts.models.organisation import Membership


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


class OpenQuerySet(models.QuerySet[Any]):
    def open(self) -> "OpenQuerySet":
        """Those that still exist: one that people once belonged to is closed, not removed."""
        return self.filter(closed_on=None)


class Department(models.Model):
    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    closed_on = models.DateField(null=True, editable=False)

    objects = OpenQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    name = models.CharField(_("name"), max_length=100)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="teams", verbose_name=_("department")
    )
    closed_on = models.DateField(null=True, editable=False)

    objects = OpenQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"],
                name="team_name_unique_in_department",
                condition=models.Q(closed_on=None),
            )
        ]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> "UserQuerySet":
        return self.filter(is_active=True)

    def in_role(self, *roles: Role) -> "UserQuerySet":
        """Those who have one of these roles, also beside another (``is_director_too``)."""
        beside = models.Q(is_director_too=True) if Role.DIRECTOR in roles else models.Q()
        return self.filter(models.Q(role__in=roles) | beside)

    def placed(self, day: date) -> "UserQuerySet":
        """With ``department_name`` and ``team_name``: where each mainly works on that day."""
        main = in_force(day, "memberships__") & models.Q(memberships__main=True)
        return self.annotate(
            main_place=models.FilteredRelation("memberships", condition=main),
            department_name=models.F("main_place__department__name"),
            team_name=models.F("main_place__team__name"),
        )

    def visible_to(self, user: Any, *, as_of: date | None = None) -> "UserQuerySet":
        """The people whose page somebody may open, by relation; today's unless said."""
        from accounts.relations import visible_people  # it reads these models

        return self.filter(visible_people(user, as_of=as_of or timezone.localdate()))


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def active(self) -> UserQuerySet:
        return self.get_queryset().active()

    def in_role(self, *roles: Role) -> UserQuerySet:
        return self.get_queryset().in_role(*roles)

    def visible_to(self, user: Any, *, as_of: date | None = None) -> UserQuerySet:
        return self.get_queryset().visible_to(user, as_of=as_of)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with this e-mail, kept in lower case; without a password until invited to set one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


_AUDITED = ["email", "full_name", "role", "is_active", "is_director_too"]


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
    """A person of the company, whether or not they may sign in (``is_active``).

    Every change to what they may do is kept in ``UserEvent`` by triggers.
    """

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("name"), max_length=150)
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.NONE)
    # The one role that somebody may have beside theirs: an administrator who is alone (accounts/director_too.py).
    is_director_too = models.BooleanField(_("director too"), default=False)
    language = models.CharField(_("language"), max_length=2, choices=Language, default=Language.FRENCH)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.SYSTEM)
    is_active = models.BooleanField(_("may sign in"), default=True)
    # Only what reached the mailbox proves an address: a link mailed to it, followed by the holder of the account.
    address_proven_at = models.DateTimeField(_("address confirmed"), null=True, blank=True)
    session_generation = models.PositiveIntegerField(
        default=0
    )  # part of each session's hash: see sessions_end
    created_at = models.DateTimeField(_("added"), auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ["full_name", "email"]
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_is_known"),
            models.CheckConstraint(
                condition=models.Q(is_director_too=False) | models.Q(role="administrator", is_active=True),
                name="user_director_too_is_an_active_administrator",
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=Language.values), name="user_language_is_known"
            ),
            models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="user_theme_is_known"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def role_label(self) -> str:
        """What they are, in words."""
        if self.is_director_too:
            return gettext("{role}, and e-commerce director").format(role=self.get_role_display())
        return self.get_role_display()

    def put_role(self, role: str) -> None:
        """Change the role, unsaved; a director beside an administrator's role is not one beside another."""
        self.role = role
        self.is_director_too = self.is_director_too and role == Role.ADMINISTRATOR

    def get_full_name(self) -> str:
        return str(self)

    @cached_property
    def place(self) -> "Membership | None":
        """Where this person mainly works today, as pages and forms show it."""
        today = self.memberships.in_force(timezone.localdate()).filter(main=True)
        return today.select_related("department", "team").first()

    @cached_property
    def reports_to(self) -> "User | None":
        """The manager named outright for this person today, if one is."""
        line = self.reporting_lines.in_force(timezone.localdate()).select_related("manager").first()
        return line.manager if line else None

    @property
    def department(self) -> Department | None:
        return self.place.department if self.place else None

    @property
    def team(self) -> Team | None:
        return self.place.team if self.place else None

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, which ends with the password, and ends with the generation too.

        Generation 0 keeps Django's own value, so that sessions from before the field existed live on.
        """
        if not self.session_generation:
            return super()._get_session_auth_hash(secret=secret)  # type: ignore[misc,no-any-return]  # not in stubs
        value = f"{self.password}|{self.session_generation}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()
