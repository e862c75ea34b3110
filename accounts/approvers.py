"""Who is left to grant what takes two people, once one of them goes: said before, and told to those it concerns."""

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import RIGHTS, Right, has_right, people_with
from accounts.mails import approver_gone_mail
from accounts.models import Role, User, UserQuerySet
from accounts.signals import told
from accounts.site import site_link


def why_too_few(person: User, *, new_role: str | None = None) -> str:
    """What follows where this person's access, or role for another, is taken: a sentence; else empty.

    One approver alone grants nothing: what they ask themselves waits for nobody.
    """
    if not has_right(person, Right.APPROVE_ROLES) or _approves(new_role) or _left_without(person).count() > 1:
        return ""
    return _(
        "Without this person, too few are left to grant roles that take two people: name another one first, or only "
        "the operator can give such roles (the command grant_role)."
    )


def approver_gone(person: User, *, by: User, was_approver: bool) -> bool:
    """Tell the person and those who still approve, by mail and on their pages; whether all mails were taken."""
    person = User.objects.get_queryset().get(pk=person.pk)
    if not was_approver or has_right(person, Right.APPROVE_ROLES):
        return True
    left = _left_without(person)
    too_few = left.count() < 2
    url = reverse("role_request_list")
    for other in left.exclude(pk=by.pk):
        told.send(User, person=other, kind="approver_gone", about=person, url=url)
    to = [person, *left.exclude(pk=by.pk)]
    return all(
        [approver_gone_mail(one, gone=person, by=by, too_few=too_few, url=site_link(url)) for one in to]
    )


def _approves(role: str | None) -> bool:
    return role is not None and Right.APPROVE_ROLES in RIGHTS[Role(role)]


def _left_without(person: User) -> UserQuerySet:
    return people_with(Right.APPROVE_ROLES).exclude(pk=person.pk)
