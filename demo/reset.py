"""Takes the demo company out of an instance again, and nothing else: what one has imported beside it stays."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Department, DepartmentHead, Team, TeamLead, User
from base.models import Comment, Company
from demo.loader import DemoError, remembered, truth_file
from demo.people import DEPARTMENTS, DOMAIN, TEAMS
from demo.world import COMPANY
from intake.models import ImportRun, State
from intake.runs import undo
from kpis.coverage import last_day, load_coverage
from kpis.models import Deviation, Gap, NightFit, NightlyRun, Publication, Source, Target
from kpis.nightly import run_night


@dataclass(frozen=True)
class Removed:
    """What went; ``night`` is the run computed on what is left, None when nothing is."""

    imports: int
    facts: int
    targets: int
    people: int
    night: int | None


def reset() -> Removed:
    """Undo the demo's imports, withdraw its targets, let its people go. Raises DemoError where there is no demo."""
    memory = remembered()
    if memory is None:
        raise DemoError("This instance does not hold the demo company: nothing was removed.")
    with transaction.atomic():
        runs = ImportRun.objects.filter(pk__in=memory.runs)
        facts = sum(undo(run.pk, by=None) for run in runs.filter(state=State.DONE).order_by("-pk"))
        imports = runs.count()
        runs.delete()
        Source.objects.filter(coverage=None, orders=None, rows=None).delete()
        targets, _by_model = Target.objects.filter(pk__in=memory.targets).delete()
        # Every night so far looked at the demo's figures too.
        for table in (Publication, Deviation, Gap, NightlyRun, NightFit):
            table.objects.all().delete()
        people = _let_go()
        Company.objects.filter(name=COMPANY).update(name="")
    truth_file().unlink(missing_ok=True)
    known = last_day(load_coverage(timezone.localdate()))
    return Removed(imports, facts, targets, people, run_night(as_of=known).pk if known else None)


def _let_go() -> int:
    """The demo's people, teams and departments; whoever something of one's own hangs on only loses access."""
    people = User.objects.filter(email__endswith=DOMAIN)
    Comment.objects.filter(author__in=people).delete()
    TeamLead.objects.filter(person__in=people).delete()
    DepartmentHead.objects.filter(person__in=people).delete()
    count = people.count()
    for person in people:
        try:
            with transaction.atomic():
                person.delete()
        except ProtectedError:
            User.objects.filter(pk=person.pk).update(is_active=False)
    Team.objects.filter(name__in=[name for _department, name in TEAMS.values()], memberships=None).delete()
    Department.objects.filter(code__in=DEPARTMENTS, teams=None, memberships=None).delete()
    return count
