"""The log's rows, and its end: the number and the seal of the last one, so that none can be cut off unseen."""

from django.db import models

from ..columns import InstantField


class AuditEvent(models.Model):
    """One thing that somebody did or tried. Rows are only ever added; the database itself refuses the rest."""

    id = models.BigIntegerField(primary_key=True)  # counted without gaps
    at = InstantField()
    actor = models.TextField(default="")  # an address, key:NAME, or "" for nobody who is known
    action = models.TextField()  # as the table of actions names it: tokens/revoke
    subject = models.TextField(default="")  # the name of what it was done to
    outcome = models.TextField()  # done | refused | failed
    status = models.IntegerField()  # of the answer over HTTP
    address = models.TextField(default="")
    detail = models.TextField(default="{}")  # JSON; words of a form that are no secret
    mac = models.TextField()  # of this row and the one before, by a key that isn't in the database

    class Meta:
        db_table = "audit_event"


class AuditHead(models.Model):
    """The one row that says where the log ends; who writes holds it meanwhile."""

    id = models.IntegerField(primary_key=True, default=1)
    last = models.BigIntegerField(default=0)
    mac = models.TextField(default="")  # of the last row
    seal = models.TextField(default="")  # of both

    class Meta:
        db_table = "audit_head"
