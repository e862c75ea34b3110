"""What people are told of the files they gave and of those that will go."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.access import Right
from base import dates
from base.notify.kinds import Kind, Subject
from intake.models import ImportRun


def _of_file(run: ImportRun, _values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"file": run.filename}


def _of_purge(_about: None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"day": dates.day(date.fromisoformat(values["day"])), "files": values["files"]}


REFUSED = Kind(
    "import_refused",
    _("A file you gave is refused"),
    gettext_noop("The file %(file)s was not imported: see why."),
    page="import_detail",
    right=Right.SIGNED_IN,
    usual="now",
    words=_of_file,
)
PURGE_ANNOUNCED = Kind(
    "files_purged",
    _("Files of imports will be purged"),
    gettext_noop("Files of imports will be purged after %(day)s: %(files)d. Their figures stay."),
    page="import_retention",
    right=Right.MANAGE_SETTINGS,
    words=_of_purge,
)
TOLD = (Subject(ImportRun), REFUSED, PURGE_ANNOUNCED)
