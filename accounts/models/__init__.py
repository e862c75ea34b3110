"""People of the company, where they belong, and who may do what."""

from accounts.models.granting import AccessAct, Invitation, RoleRequest, RoleRequestQuerySet
from accounts.models.people import (
    Department,
    Language,
    Role,
    Team,
    Theme,
    User,
    UserManager,
    UserQuerySet,
)
from accounts.models.tries import SignInLink, TryCount

__all__ = [
    "AccessAct",
    "Department",
    "Invitation",
    "Language",
    "Role",
    "RoleRequest",
    "RoleRequestQuerySet",
    "SignInLink",
    "Team",
    "Theme",
    "TryCount",
    "User",
    "UserManager",
    "UserQuerySet",
]
