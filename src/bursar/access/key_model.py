"""The row of an API key. The key itself is nowhere: only its SHA-256 is stored (SEC-44)."""

from django.db import models

from ..columns import CodePointField, InstantField
from ..ids import new_id


class ApiKey(models.Model):
    """What a program proves itself with, and what it may do. A revoked key stays, for the record of what it used."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = CodePointField()
    # The first characters, for people to tell keys apart; far too few to guess the rest from.
    hint = models.TextField()
    sha256 = models.TextField(unique=True)
    allow = models.TextField()  # JSON list of patterns for NAME and NAME#LABEL
    verbs = models.TextField()  # read,refresh,manage
    networks = models.TextField(default="")  # CIDRs, separated by commas; empty: from everywhere
    created_at = InstantField()
    created_by = models.TextField(default="")
    changed_at = InstantField()
    changed_by = models.TextField(default="")
    expires_at = InstantField(null=True)
    revoked_at = InstantField(null=True)
    revoked_by = models.TextField(default="")
    last_used_at = InstantField(null=True)
    last_used_from = models.TextField(default="")

    class Meta:
        db_table = "access_api_key"
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(revoked_at__isnull=True), name="api_key_live_name"
            ),
        )
