"""What to do while the cockpit has nothing to show: no role yet, no file, or no night yet."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import Right, has_right
from accounts.models import RoleRequest, User
from kpis.models import KnownDays, NightlyRun, NightState


@dataclass(frozen=True)
class Next:
    """The fields of the ``empty_state`` component; without ``url`` there is nothing the reader can do."""

    icon: str
    title: str
    text: str
    url: str = ""
    action: str = ""


def for_a_role(person: User) -> Next:
    """Whom somebody without a role waits for."""
    title = _("Your account has no role yet")
    asked = RoleRequest.objects.pending().filter(person=person).first()
    if asked is None:
        text = _("An administrator decides what you may see. Ask yours to give you a role.")
        return Next("hourglass", title, text)
    about = {"role": asked.get_role_display()}
    if person.address_proven_at is None:
        text = _(
            "The role “%(role)s” was asked for you. Confirm your address: a second person can then grant it."
        )
        return Next("hourglass", title, text % about, reverse("preferences"), _("Preferences"))
    text = _("The role “%(role)s” was asked for you: you have it as soon as a second person grants it.")
    return Next("hourglass", title, text % about)


def for_figures(reader: Any) -> Next:
    """What stands between the first file and the first figures: a file, a night, or the end of the night."""
    night = NightlyRun.objects.visible_to(reader).filter(historical=False).order_by("-id").first()
    if night is not None and night.state != NightState.DONE:
        return _of_night(night)
    if KnownDays.objects.exists():
        title = _("Your figures are imported, and not compared yet")
        text = _("The next night run compares them with targets, last year and what was expected.")
        mine = has_right(reader, Right.RUN_NIGHT)
        return Next("moon-star", title, text, *((reverse("night_list"), _("Run the night")) if mine else ()))
    title = _("The cockpit is waiting for its first figures")
    text = _(
        "Import an order file or a file of daily figures; the night that follows, or one you start yourself, "
        "computes the rest."
    )
    mine = has_right(reader, Right.IMPORT_DATA)
    return Next("gauge", title, text, *((reverse("import_add"), _("Import a file")) if mine else ()))


def _of_night(night: NightlyRun) -> Next:
    page = reverse("night_detail", args=[night.pk])
    if night.state == NightState.FAILED:
        return Next(
            "moon-star",
            _("The first night run failed"),
            _("No figure is shown before it is done."),
            page,
            _("See why"),
        )
    text = _("The figures are here when it is done, usually within a minute.")
    return Next("moon-star", _("The first night run is under way"), text, page, _("Follow it"))
