"""What limits guessing: counters of tries, and the links by which a locked-out person comes in all the same."""

from django.db import models

from accounts.models.people import User


class TryCount(models.Model):
    """Tries under one limit by one account, address or device since ``since``; forgotten from ``until`` on.

    Rows are written by ``accounts/limits.py`` only. ``key`` is a keyed hash: the table tells neither who nor whence.
    """

    key = models.CharField(max_length=64, primary_key=True)
    limit = models.CharField(max_length=40)
    tries = models.PositiveIntegerField()
    since = models.DateTimeField()
    until = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until__gt=models.F("since")), name="try_count_ends_after_it_began"
            )
        ]

    def __str__(self) -> str:
        return f"{self.limit}: {self.tries}"


class SignInLink(models.Model):
    """A link sent to a person's own address that signs them in once. It carries a nonce, kept here as a hash."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    nonce_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("sent_at")),
                name="sign_in_link_expires_after_sending",
            )
        ]

    def __str__(self) -> str:
        return str(self.person)
