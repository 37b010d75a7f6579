"""What is kept of hand-outs: one row for each token and consumer, however often it was handed out (SEC-47)."""

from django.db import models

from ..columns import InstantField
from ..tokens.models import Token


class Use(models.Model):
    """A consumer of a token. Written by `bursar.uses` in batches, by raw SQL; `consumer` is an id that outlives a name.

    Without a constraint in the database: a count that arrives after its token was deleted must not undo the
    other writes of its group.
    """

    token = models.ForeignKey(Token, on_delete=models.CASCADE, related_name="uses", db_constraint=False)
    kind = models.TextField()  # key | user | mail | webservice
    consumer = models.TextField()  # API key's id, login name on this machine, mail account's id
    name = models.TextField()  # as a person knows it, at the last use
    address = models.TextField(default="")  # where the last use came from, where that is known
    first_at = InstantField()
    last_at = InstantField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "handout_use"
        constraints = (models.UniqueConstraint(fields=["token", "kind", "consumer"], name="handout_use_consumer"),)
        indexes = (models.Index(fields=["kind", "consumer"], name="handout_use_by_consumer"),)


class Change(models.Model):
    """The change log by which doors on SQLite stay true, written by triggers (`triggers`); the last 10,000 are kept."""

    kind = models.TextField()  # token | names | key | proxies
    ref = models.TextField()

    class Meta:
        db_table = "handout_change"
