"""The private calendar of a person: only the digest of its address is kept."""

from django.conf import settings
from django.db import models


class CalendarFeed(models.Model):
    """One a person. Whoever has the address reads what its owner may see, and no more; a new one ends the old."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_feed"
    )
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of 256 random bits: it needs no salt
    created_at = models.DateTimeField()
    last_read_on = models.DateField(null=True)

    def __str__(self) -> str:
        return str(self.owner)
