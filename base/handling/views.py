"""The pages of what people do with an object: one panel and five addresses, the same for every model.

A room makes a ``Desk`` for its model, shows ``panel`` on its page and adds ``handling_urls`` to its URLs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Right, has_right, requires, rights_of
from accounts.lists.exports import file_answer, plain_name
from accounts.models import User, UserQuerySet
from accounts.views.acting import actor
from base.attachments.actions import attach, detach
from base.attachments.models import Attachment
from base.attachments.types import LARGEST
from base.handling import actions
from base.handling.forms import AssignForm, AttachForm, CommentForm, SnoozeForm
from base.handling.history import Step, history
from base.handling.models import Comment, Handled, HandlingEvent
from base.notify.kinds import Kind
from base.notify.tell import tell

PANEL = "components/handling.html"
Refused = Mapping[str, Form]


@dataclass(frozen=True)
class Desk:
    """How objects of one model are handled.

    ``name`` begins the URL names: ``<name>_detail`` is the room's page, ``<name>_acknowledge`` and so on are made
    here. ``right`` is asked of who handles. ``page`` draws the room's whole page with forms that were refused.
    ``readers`` are those who may see an object: offered as owners, if they have the right, and in mentions.
    ``given``, ``commented`` and ``mentioned`` are what people are told of it, each with the ``name`` of who did it.
    ``state`` is the verdict shown as a badge, ``steps`` what the room itself knows of the object's history.
    ``acknowledged_said``, ``snoozed_said`` and ``woken_said`` answer whoever did it, in the room's words.
    """

    model: type[Handled]
    name: str
    right: Right
    page: Callable[[HttpRequest, Any, Refused], HttpResponse]
    readers: Callable[[Any], UserQuerySet]
    state: Callable[[Any], Any]
    steps: Callable[[Any], Sequence[Step]]
    given: Kind
    commented: Kind
    mentioned: Kind
    acknowledged_said: str | Promise
    snoozed_said: str | Promise
    woken_said: str | Promise
    related: tuple[str, ...] = ()
    read: Right = Right.VIEW_FIGURES  # asked of who downloads a file, beside seeing the object

    def visible(self, user: Any) -> "QuerySet[Any]":
        found = self.model._default_manager.visible_to(user)  # type: ignore[attr-defined]  # each room's
        return found.select_related("owner", "acknowledged_by", *self.related)  # type: ignore[no-any-return]  # as above


def panel(desk: Desk, request: HttpRequest, item: Handled) -> dict[str, Any]:
    """The context of ``components/handling.html``. Four queries."""
    may = item.can_be_handled and has_right(request.user, desk.right)
    events = _of_all(HandlingEvent, item, request.user).select_related("by", "to")
    return {
        "item": item,
        "state": desk.state(item),
        "history": history(desk.steps(item), events, item),
        "thread": _of_all(Comment, item, request.user).select_related("author"),
        "attachments": _attachments(desk, item, request.user),
        "may_handle": may,
        "may_snooze": may and not item.is_over,
        "handle_urls": {act: reverse(f"{desk.name}_{act}", args=[item.pk]) for act in ("detail", *_ACTS)},
        **(_forms(desk, item) if may else {}),
    }


def _forms(desk: Desk, item: Handled) -> dict[str, Form]:
    readers = list(desk.readers(item))
    return {
        "assign_form": AssignForm(initial={"owner": item.owner_id}, people=_handlers(desk, readers)),
        "snooze_form": SnoozeForm(today=timezone.localdate()),
        "comment_form": CommentForm(people=readers),
        "attach_form": AttachForm(),
    }


def _attachments(desk: Desk, item: Handled, reader: Any) -> list[tuple[Attachment, str]]:
    """The files, each with the address it is downloaded from."""
    found = _of_all(Attachment, item, reader).there().select_related("by")  # type: ignore[attr-defined]  # of its manager
    name = f"{desk.name}_attachment"
    return [(one, reverse(name, args=[one.object_id, one.pk])) for one in found]


def _handlers(desk: Desk, readers: Iterable[User]) -> list[User]:
    return [person for person in readers if desk.right in rights_of(person)]


def _of_all(rows: type[Any], item: Handled, reader: Any) -> "QuerySet[Any]":
    """What was said or done on any of the objects handled as one with it that the reader may see."""
    kind = ContentType.objects.get_for_model(item)
    return rows.objects.filter(content_type=kind, object_id__in=item.handled_with(reader).values("pk"))  # type: ignore[no-any-return]  # of any model


def handling_urls(desk: Desk, route: str) -> list[URLPattern]:
    """The addresses of the acts, and of the files, below ``route``, which ends in the object's ``<int:pk>/``."""
    acts = [
        path(f"{route}{place}/", _view_of(desk, act), name=f"{desk.name}_{name}")
        for name, (place, act) in _ACTS.items()
    ]
    file = f"{route}attachments/<int:attachment>/"
    return [*acts, path(file, _file_of(desk), name=f"{desk.name}_attachment")]


def _file_of(desk: Desk) -> Any:
    @requires(desk.read)
    @require_safe
    def download(request: HttpRequest, pk: int, attachment: int) -> HttpResponse:
        """To be saved, never shown: nothing in it runs as if it were ours."""
        item = get_object_or_404(desk.visible(request.user), pk=pk)
        own = Attachment.objects.filter(
            content_type=ContentType.objects.get_for_model(item), object_id=item.pk
        )
        found = get_object_or_404(own.filter(removed_at=None), pk=attachment)
        name = f"{plain_name(found.name.removesuffix(found.kind)) or 'file'}.{found.kind}"
        return file_answer(bytes(found.content), name, "application/octet-stream")

    return download


def _view_of(desk: Desk, act: "Acting") -> Any:
    @requires(desk.right)
    @require_POST
    def handle(request: HttpRequest, pk: int) -> HttpResponse:
        item = get_object_or_404(desk.visible(request.user), pk=pk)
        if not item.can_be_handled:
            raise Http404
        done = act(desk, item, request)
        return (
            _done(desk, request, item, done) if isinstance(done, str) else _refused(desk, request, item, done)
        )

    return handle


def _done(desk: Desk, request: HttpRequest, item: Handled, said: str) -> HttpResponse:
    """The changed part for htmx, else back to the page, which says what was done."""
    if getattr(request, "htmx", False):
        item = get_object_or_404(desk.visible(request.user), pk=item.pk)
        return render(request, PANEL, panel(desk, request, item) | {"said": said})
    messages.success(request, said)
    return redirect(f"{desk.name}_detail", item.pk)


def _refused(desk: Desk, request: HttpRequest, item: Handled, forms: Refused) -> HttpResponse:
    """The page again, or for htmx the part of it, with what was typed."""
    if getattr(request, "htmx", False):
        return render(request, PANEL, {**panel(desk, request, item), **forms})
    return desk.page(request, item, forms)


# ---- the acts: each answers what it did in words, or its form where that was refused -----------------------------

Acting = Callable[[Desk, Handled, HttpRequest], "str | Refused"]


def _acknowledge(desk: Desk, item: Handled, request: HttpRequest) -> str:
    actions.acknowledge(item=item, by=actor(request), at=timezone.now())
    return str(desk.acknowledged_said)


@transaction.atomic
def hand_over(desk: Desk, item: Handled, *, owner: User | None, by: User) -> None:
    """Make somebody the owner, or nobody; whoever receives it from somebody else is told."""
    event = actions.give(item=item, owner=owner, by=by, at=timezone.now())
    if event is not None and owner is not None and owner != by:
        key = f"{desk.name}:{item.pk}:given:{event.pk}"
        tell(desk.given, [owner], key=key, at=event.at, about=item, name=str(by))


@transaction.atomic
def _assign(desk: Desk, item: Handled, request: HttpRequest) -> str | Refused:
    form = AssignForm(request.POST, people=_handlers(desk, desk.readers(item)))
    if not form.is_valid():
        return {"assign_form": form}
    owner, by = form.cleaned_data["owner"], actor(request)
    hand_over(desk, item, owner=owner, by=by)
    return _("{name} takes care of it.").format(name=owner) if owner else _("Nobody takes care of it now.")


def _snooze(desk: Desk, item: Handled, request: HttpRequest) -> str | Refused:
    form = SnoozeForm(request.POST, today=timezone.localdate())
    if not form.is_valid():
        return {"snooze_form": form}
    if not actions.snooze(item=item, by=actor(request), at=timezone.now(), **form.cleaned_data):
        return _("It is closed by now: nothing was changed.")
    return str(desk.snoozed_said)


def _wake(desk: Desk, item: Handled, request: HttpRequest) -> str:
    if not actions.wake(item=item, by=actor(request), at=timezone.now()):
        return _("It is not snoozed by now: nothing was changed.")
    return str(desk.woken_said)


@transaction.atomic
def _comment(desk: Desk, item: Handled, request: HttpRequest) -> str | Refused:
    form = CommentForm(request.POST, people=desk.readers(item))
    if not form.is_valid():
        return {"comment_form": form}
    by, text = actor(request), form.cleaned_data["text"]
    told = [person for person in actions.mentioned(text, form.people) if person != by]
    said = actions.comment(item=item, author=by, text=text, at=timezone.now())
    if said is not None:
        _tell_of(desk, item, said, told)
    return " ".join(_added(told, actions.unknown_names(text, form.people)))


def _added(told: Sequence[User], unknown: Sequence[str]) -> Iterator[str]:
    """What to say of a comment: who was told of it, and what in it names nobody."""
    if told:
        yield _("Your comment is added; told of it: {names}.").format(names=", ".join(map(str, told)))
    else:
        yield _("Your comment is added.")
    if unknown:
        words = ", ".join(f"@{word}" for word in unknown)
        yield _("Nobody was found for {words}: write the whole name.").format(words=words)


def _tell_of(desk: Desk, item: Handled, said: Comment, named: list[User]) -> None:
    """Tell those named in a comment, then the owner and those who had spoken before: each once."""
    about: dict[str, Any] = {"key": f"comment:{said.pk}", "at": said.created_at, "about": item}
    tell(desk.mentioned, named, **about, name=str(said.author))
    spoke = _of_all(Comment, item, said.author).values("author")
    others = User.objects.active().filter(Q(pk__in=spoke) | Q(pk=item.owner_id)).exclude(pk=said.author_id)
    tell(desk.commented, others, **about, name=str(said.author))


def _attach(_desk: Desk, item: Handled, request: HttpRequest) -> str | Refused:
    form = AttachForm(request.POST, request.FILES)
    if not form.is_valid():
        return {"attach_form": form}
    given = form.cleaned_data["file"]
    try:
        content = given.read(LARGEST + 1)
        made = attach(item=item, name=given.name, content=content, by=actor(request), at=timezone.now())
    except ValidationError as refused:
        form.add_error("file", refused)
        return {"attach_form": form}
    return _("The file is added.") if made else _("This file is there already.")


def _detach(_desk: Desk, item: Handled, request: HttpRequest) -> str:
    asked = request.POST.get("attachment", "")
    found = _of_all(Attachment, item, request.user).there()  # type: ignore[attr-defined]  # of its manager
    one = found.filter(pk=asked).first() if asked.isdecimal() and len(asked) < 19 else None
    if one is None or not detach(attachment=one, by=actor(request), at=timezone.now()):
        return _("The file is not there any more.")
    return _("The file is removed.")


# By the end of the URL name: the end of the address, and what it does.
_ACTS: dict[str, tuple[str, Acting]] = {
    "acknowledge": ("acknowledge", _acknowledge),
    "assign": ("owner", _assign),
    "snooze": ("snooze", _snooze),
    "wake": ("wake", _wake),
    "comment": ("comments", _comment),
    "attach": ("attach", _attach),
    "detach": ("detach", _detach),
}
