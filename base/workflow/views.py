"""One panel and one address for the transitions of a record, the same for every model.

A room makes a ``Course`` for its model, shows ``panel`` on its page and adds ``workflow_urls`` to its URLs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from accounts.access import Right, requires
from accounts.views.acting import actor
from base.handling.history import Step
from base.workflow.actions import offered, take
from base.workflow.models import LONGEST_REASON, InWorkflow
from base.workflow.transitions import Transition, Workflow

Refused = Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """How the records of one model are decided on.

    ``name`` begins the URL names: ``<name>_detail`` is the room's page, ``<name>_move`` is made here. ``right`` is
    asked of whoever takes any transition; ``page`` draws the room's whole page, with what was refused.
    """

    model: type[InWorkflow]
    flow: Workflow
    name: str
    right: Right
    page: Callable[[HttpRequest, Any, Refused], HttpResponse]


class MoveForm(forms.Form):
    """Which transition, of the record as it was seen; why, where that is asked."""

    transition = forms.SlugField(widget=forms.HiddenInput)
    revision = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def panel(course: Course, request: HttpRequest, record: InWorkflow, refused: Refused) -> dict[str, Any]:
    """The context of ``components/workflow.html``, with what was refused and the reason typed then. One query."""
    return {
        "state": course.flow.states[record.state],
        "refused": refused.get("why", ""),
        "kept": refused.get("kept", ""),
        "moves": [
            (move, _form(move, record, refused.get("kept", "")))
            for move in offered(course.flow, record, actor(request))
        ],
        "move_url": reverse(f"{course.name}_move", args=[record.pk]),
        "trail": _trail(course.flow, record),
    }


def workflow_urls(course: Course, route: str) -> list[URLPattern]:
    """The address of all transitions below ``route``, which ends in the record's ``<int:pk>/``."""
    return [path(f"{route}move/", _view_of(course), name=f"{course.name}_move")]


def _form(move: Transition, record: InWorkflow, kept: str) -> MoveForm:
    seen = {"transition": move.code, "revision": record.revision, "reason": kept}
    form = MoveForm(initial=seen, auto_id=f"id_{move.code}_%s")
    form.fields["reason"].required = True  # where it is shown at all
    return form


def _view_of(course: Course) -> Any:
    @requires(course.right)
    @require_POST
    def move(request: HttpRequest, pk: int) -> HttpResponse:
        visible = course.model._default_manager.visible_to(request.user)  # type: ignore[attr-defined]  # each room's
        record = get_object_or_404(visible.select_related("begun_by"), pk=pk)
        form = MoveForm(request.POST)
        if not form.is_valid():
            return course.page(request, record, {"why": _("This request cannot be read.")})
        asked = form.cleaned_data
        try:
            take(
                course.flow,
                record=record,
                code=asked["transition"],
                by=actor(request),
                at=timezone.now(),
                revision=asked["revision"],
                reason=asked["reason"],
            )
        except ValidationError as error:
            record.refresh_from_db()
            return course.page(request, record, {"why": " ".join(error.messages), "kept": asked["reason"]})
        done = course.flow.transition(asked["transition"])
        messages.success(request, f"{done.done}." if done else "")
        return redirect(f"{course.name}_detail", pk)

    return move


def _trail(flow: Workflow, record: InWorkflow) -> list[dict[str, Any]]:
    """What happened, earliest first, each with who and why, as the ``steps`` component draws it."""
    steps = []
    for event in record.trail.select_related("by"):
        found, at = flow.transition(event.step), timezone.localtime(event.at)
        told = {"who": event.by, "time": f"{at:%H:%M}", "reason": event.reason}
        detail = (_("%(who)s, %(time)s: %(reason)s") if event.reason else "%(who)s, %(time)s") % told
        steps.append(Step(str(found.done if found else flow.begun), on=at.date(), detail=detail))
    return [step.shown() for step in steps]
