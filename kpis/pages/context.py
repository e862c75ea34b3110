"""What every page says of the night: how fresh the figures are."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from accounts.access import Right, has_right
from kpis.models import Publication


def freshness(request: HttpRequest) -> dict[str, Any]:
    """``figures_as_of``: the day of the published night; asked of the database only where it is shown."""

    @cache  # templates call it; a lazy object would not do, as dates are told by their type
    def published() -> Any:
        if not has_right(getattr(request, "user", None), Right.VIEW_FIGURES):
            return None
        found = Publication.objects.select_related("run").first()
        return found.run.as_of if found else None

    return {"figures_as_of": published}
