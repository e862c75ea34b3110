"""Putting a file beside an object and taking it away; both are in the object's history."""

import hashlib
from datetime import datetime

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from base.attachments.models import Attachment
from base.attachments.types import MOST, clean_name, type_of
from base.handling.models import Act, Handled, HandlingEvent


@transaction.atomic
def attach(*, item: Handled, name: str, content: bytes, by: User, at: datetime) -> Attachment | None:
    """Keep a file; None where the very same one is there already. ValidationError as ``type_of``, and where
    there are ``MOST`` already.
    """
    kind = type_of(name, content)
    item.hold()
    digest, model = hashlib.sha256(content).hexdigest(), ContentType.objects.get_for_model(item)
    about = {"content_type": model, "object_id": item.pk}
    there = Attachment.objects.there().filter(**about)
    if there.filter(sha256=digest).exists():
        return None
    if there.count() >= MOST:
        raise ValidationError(
            _("There are %(most)d files beside it already: remove one first.") % {"most": MOST}
        )
    made = Attachment.objects.create(
        **about,
        name=clean_name(name, kind),
        kind=kind,
        size=len(content),
        sha256=digest,
        content=content,
        by=by,
        at=at,
    )
    HandlingEvent.objects.create(**about, act=Act.ATTACHED, by=by, at=at, reason=made.name)
    return made


@transaction.atomic
def detach(*, attachment: Attachment, by: User, at: datetime) -> bool:
    """Forget its content; that it was there, and who took it away, stays. False where that was done before."""
    found = Attachment.objects.there().filter(pk=attachment.pk)
    if not found.update(content=b"", removed_by=by, removed_at=at):
        return False
    HandlingEvent.objects.create(
        content_type=attachment.content_type, object_id=attachment.object_id,
        act=Act.DETACHED, by=by, at=at, reason=attachment.name,
    )  # fmt: skip
    return True
