"""The row of what is counted for a while, such as tries to sign in."""

from django.db import models

from ..columns import InstantField


class Counter(models.Model):
    """A small value that every process sees until it ends."""

    key_sha256 = models.TextField(primary_key=True)
    value = models.TextField()  # JSON
    ends_at = InstantField(db_index=True)

    class Meta:
        db_table = "access_counter"
