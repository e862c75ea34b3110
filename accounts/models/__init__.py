"""People of the company, where they belong, and who may do what."""

from accounts.models.people import (
    Department,
    Invitation,
    Language,
    Role,
    RoleRequest,
    RoleRequestQuerySet,
    Team,
    Theme,
    User,
    UserManager,
    UserQuerySet,
)

__all__ = [
    "Department",
    "Invitation",
    "Language",
    "Role",
    "RoleRequest",
    "RoleRequestQuerySet",
    "Team",
    "Theme",
    "User",
    "UserManager",
    "UserQuerySet",
]
