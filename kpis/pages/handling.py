"""What is told of a deviation that was given to somebody, or of which they were named, in their language."""

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from base.models import Comment, Notification
from kpis.models import Deviation


def tell_given(deviation: Deviation, owner: User, by: User) -> None:
    with translation.override(owner.language):
        told = {"name": by, "indicator": deviation.indicator.name}
        text = _("%(name)s gave you the deviation of “%(indicator)s”.") % told
    key = f"deviation:{deviation.pk}:given"
    Notification.objects.filter(user=owner, key=key).delete()  # given again: told again
    _tell(deviation, owner, key, text)


def tell_mentioned(deviation: Deviation, comment: Comment, person: User) -> None:
    with translation.override(person.language):
        told = {"name": comment.author, "indicator": deviation.indicator.name}
        text = _("%(name)s named you in a comment on the deviation of “%(indicator)s”.") % told
    _tell(deviation, person, f"comment:{comment.pk}:mentioned", text)


def _tell(deviation: Deviation, person: User, key: str, text: str) -> None:
    url = reverse("deviation_detail", args=[deviation.pk])
    Notification.objects.create(user=person, key=key, text=text[:300], url=url)
