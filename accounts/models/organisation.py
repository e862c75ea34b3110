"""Where people work and who answers for whom, from one day to another; ``accounts/relations.py`` says what follows."""

from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.models.dated import Dated, DatedQuerySet, ends_after_start, one_at_a_time
from accounts.models.people import Department, Team, User


def _kept(name: str, *fields: str) -> Any:
    """Every version of a row is kept by triggers, in a table that refuses updates and deletes."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        fields=[*fields, "start", "end"],
        model_name=name,
        append_only=True,
    )


@_kept("MembershipEvent", "person", "department", "team", "main")
class Membership(Dated):
    """A person in a department, and in one of its teams or in none. The ``main`` one decides who the manager is;
    the others are where the same person, in the same role, works too.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="memberships", verbose_name=_("department")
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("team"),
    )
    main = models.BooleanField(default=True)

    objects = DatedQuerySet["Membership"].as_manager()

    class Meta:
        ordering = ["-main", "-start", "-id"]
        constraints = [
            ends_after_start("membership_ends_after_start"),
            one_at_a_time("person", name="membership_one_main_at_a_time", condition=Q(main=True)),
            one_at_a_time(
                "person", "department", Coalesce(F("team"), Value(0)), name="membership_once_at_a_time"
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="team_is_of_department",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,  # rows end, they do not move; the team may, later
                condition=pgtrigger.Condition("NEW.team_id IS NOT NULL"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM accounts_team WHERE id = NEW.team_id AND department_id = NEW.department_id
                    ) THEN
                        RAISE EXCEPTION 'membership_team_is_of_department' USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.department} · {self.team}" if self.team else str(self.department)


@_kept("TeamLeadEvent", "team", "person")
class TeamLead(Dated):
    """Who leads a team: one person at a time."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="leads")
    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="leads_teams", verbose_name=_("team lead")
    )

    objects = DatedQuerySet["TeamLead"].as_manager()

    class Meta:
        ordering = ["-start"]
        constraints = [
            ends_after_start("team_lead_ends_after_start"),
            one_at_a_time("team", name="team_lead_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return str(self.person)


@_kept("DepartmentHeadEvent", "department", "person")
class DepartmentHead(Dated):
    """Who heads a department: one person at a time."""

    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="heads")
    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="heads_departments", verbose_name=_("head")
    )

    objects = DatedQuerySet["DepartmentHead"].as_manager()

    class Meta:
        ordering = ["-start"]
        constraints = [
            ends_after_start("department_head_ends_after_start"),
            one_at_a_time("department", name="department_head_one_at_a_time"),
        ]

    def __str__(self) -> str:
        return str(self.person)


@_kept("ReportingLineEvent", "person", "manager")
class ReportingLine(Dated):
    """The manager of a person, named outright where it is not their team's lead: that of the director, for one."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="reporting_lines")
    manager = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="direct_reports", verbose_name=_("manager")
    )

    objects = DatedQuerySet["ReportingLine"].as_manager()

    class Meta:
        ordering = ["-start"]
        constraints = [
            ends_after_start("reporting_line_ends_after_start"),
            one_at_a_time("person", name="reporting_line_one_at_a_time"),
            models.CheckConstraint(condition=~Q(person=F("manager")), name="reporting_line_not_to_oneself"),
        ]

    def __str__(self) -> str:
        return str(self.manager)


@_kept("HRScopeEvent", "person", "department")
class HRScope(Dated):
    """The department somebody of human resources looks after. Who never had a row looks after the whole company:
    once limited, only rows in force open anything.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hr_scopes")
    department = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="hr_scopes")

    objects = DatedQuerySet["HRScope"].as_manager()

    class Meta:
        ordering = ["-start"]
        constraints = [
            ends_after_start("hr_scope_ends_after_start"),
            one_at_a_time("person", "department", name="hr_scope_once_at_a_time"),
        ]

    def __str__(self) -> str:
        return str(self.department)


@_kept("StandInEvent", "person", "stand_in", "reason", "set_by")
class StandIn(Dated):
    """Who does what a manager does, while the manager is away. Always until a day that is known."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="stand_ins", verbose_name=_("person away")
    )
    stand_in = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="stands_in", verbose_name=_("stand-in")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    set_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("set by")
    )

    objects = DatedQuerySet["StandIn"].as_manager()

    class Meta:
        ordering = ["-start", "-id"]
        constraints = [
            ends_after_start("stand_in_ends_after_start"),
            one_at_a_time("person", name="stand_in_one_at_a_time"),
            models.CheckConstraint(condition=~Q(person=F("stand_in")), name="stand_in_is_somebody_else"),
            models.CheckConstraint(condition=Q(end__isnull=False), name="stand_in_has_an_end"),
        ]

    def __str__(self) -> str:
        return f"{self.stand_in} → {self.person}"
