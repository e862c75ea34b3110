"""What a file holds of the days it speaks of: all there is, or only what changed."""

from django.utils.translation import gettext_noop

from intake.models import ImportRun, State

FULL, CHANGES = "full", "changes"
COVERS = (FULL, CHANGES)

# Said by a kind when a file would erase most of what is known; the page of the import then offers both answers.
VANISHING = gettext_noop(
    "Of what is known from %(start)s to %(end)s, this file brings back %(back)s and would erase %(gone)s. Say "
    "whether it is the full export of these days (--covers full) or only what changed (--covers changes). Nothing was "
    "stored."
)


def asks_what_it_covers(run: ImportRun) -> bool:
    """True for a file that was refused until somebody says what it covers."""
    return run.state == State.REFUSED and run.message[:1] == [VANISHING]
