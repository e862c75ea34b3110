"""What search finds of files: imports by the name of the file, or their number."""

from django.utils.translation import gettext_lazy as _

from accounts.access import Right
from accounts.search import SearchKind, in_fields
from base.dates import moment
from intake.models import ImportRun

IMPORTS = SearchKind(
    "imports",
    _("Imports"),
    "file-up",
    Right.VIEW_FIGURES,
    rows=lambda user: ImportRun.objects.visible_to(user).order_by("-pk"),
    matches=in_fields("filename"),
    label=lambda run: run.filename,
    detail=lambda run: f"{run.pk} · {run.get_state_display()} · {moment(run.created_at)}",
    url=lambda run: run.get_absolute_url(),
    numbered=True,
)
