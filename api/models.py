"""What the API remembers: which batch of figures a key was sent with, so that none is stored twice."""

from django.conf import settings
from django.db import models

LONGEST_KEY = 200


class FactBatch(models.Model):
    """Figures that a program sent, as the import they became. The same key of the same person is the same batch."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=LONGEST_KEY)
    digest = models.CharField(max_length=64)  # SHA-256 of what was sent, hexadecimal
    run = models.OneToOneField("intake.ImportRun", on_delete=models.CASCADE, related_name="batch")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="fact_batch_once_a_key"),
            models.CheckConstraint(condition=~models.Q(key=""), name="fact_batch_has_a_key"),
            models.CheckConstraint(
                condition=models.Q(digest__regex=r"^[0-9a-f]{64}$"), name="fact_batch_digest_is_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.key
