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
from accounts.models.tokens import ApiToken, Scope
from accounts.models.tries import SignInLink, TryCount

__all__ = [
    "AccessAct",
    "ApiToken",
    "Department",
    "Invitation",
    "Language",
    "Role",
    "RoleRequest",
    "RoleRequestQuerySet",
    "Scope",
    "SignInLink",
    "Team",
    "Theme",
    "TryCount",
    "User",
    "UserManager",
    "UserQuerySet",
]
