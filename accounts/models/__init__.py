"""People of the company, where they belong, and who may do what."""

from accounts.models.approval_requests import ApprovalRequest, ApprovalRequestQuerySet, State
from accounts.models.changes import OrganisationRequest, OrganisationRequestQuerySet
from accounts.models.dated import in_force
from accounts.models.granting import AccessAct, Invitation, RoleRequest
from accounts.models.organisation import (
    DepartmentHead,
    HRScope,
    Membership,
    ReportingLine,
    StandIn,
    TeamLead,
)
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
from accounts.models.reads import Channel, RecordRead
from accounts.models.saved_views import SavedView
from accounts.models.tokens import ApiToken, Scope
from accounts.models.tries import SignInLink, TryCount

__all__ = [
    "AccessAct",
    "ApiToken",
    "ApprovalRequest",
    "ApprovalRequestQuerySet",
    "Channel",
    "Department",
    "DepartmentHead",
    "HRScope",
    "Invitation",
    "Language",
    "Membership",
    "OrganisationRequest",
    "OrganisationRequestQuerySet",
    "RecordRead",
    "ReportingLine",
    "Role",
    "RoleRequest",
    "SavedView",
    "Scope",
    "SignInLink",
    "StandIn",
    "State",
    "Team",
    "TeamLead",
    "Theme",
    "TryCount",
    "User",
    "UserManager",
    "UserQuerySet",
    "in_force",
]
