"""What a change of the company does to the figures kept here; ``base.company`` asks before it is made."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from base.company import Consequence
from base.models import Company
from kpis.models import Source


def consequences(before: Company, after: Company) -> Iterable[Consequence]:
    if before.currency != after.currency:
        yield _of_the_currency(before)
    if before.week_start != after.week_start:
        yield Consequence(
            _(
                "Weeks start on another day, past ones too; gaps and alerts by week follow from the next night on."
            )
        )
    if before.fiscal_year_start != after.fiscal_year_start:
        yield Consequence(
            _(
                "Quarters and years start in another month, past ones too; targets keep their dates and amounts."
            )
        )
    if set(before.open_weekdays) != set(after.open_weekdays):
        yield Consequence(
            _(
                "The next night expects sales on these days only; targets set from now on are spread over them."
            )
        )


def _of_the_currency(before: Company) -> Consequence:
    """Nothing is converted: another currency's sign must not stand behind amounts that are kept."""
    if Source.objects.filter(currency=before.currency).exists():
        told = _(
            "Figures were imported in %(currency)s and are not converted: the currency cannot change any more."
        )
        return Consequence(told % {"currency": before.currency}, refuses=True)
    return Consequence(_("Targets already set keep their amounts, now read in the new currency."))
