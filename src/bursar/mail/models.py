"""The rows of the mail side: accounts, the ledger that makes delivery happen once, and a bounded log of runs."""

from django.db import models

from ..columns import CodePointField, InstantField
from ..ids import new_id
from ..tokens.models import Token


class MailAccount(models.Model):
    """A mailbox that Bursar collects. The login is its own field: a shared mailbox is not who signed in (SEC-58)."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = CodePointField(unique=True)
    type = models.TextField()  # IMAP | IMAPS | IMAPTLS
    host = models.TextField()
    port = models.IntegerField()
    login = models.TextField()
    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="mail_accounts")
    folder = models.TextField(default="INBOX")
    ca_file = models.TextField(default="")
    after = models.TextField(default="delete")  # delete | seen | leave | move:FOLDER
    deliver = models.TextField()  # maildir:PATH
    validity = models.TextField(default="valid")  # valid | invalid | invalid-temporarily
    created_at = InstantField()
    created_by = models.TextField(default="")
    # The run that collects now. `lease_owner` is a `worker_name`; `lease_run` tells two runs of one process apart.
    lease_owner = models.TextField(null=True)
    lease_run = models.TextField(null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "mail_account"
        ordering = ("name",)


class MailLedger(models.Model):
    """A message that was delivered. `settled`: what is to happen to it at the server has happened."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="ledger")
    folder = models.TextField()
    uidvalidity = models.BigIntegerField()
    uid = models.BigIntegerField()
    name = models.TextField()  # the delivered file's name, without the flags a mail reader adds
    delivered_at = InstantField()
    settled = models.BooleanField(default=False)

    class Meta:
        db_table = "mail_ledger"
        constraints = (
            models.UniqueConstraint(fields=["account", "folder", "uidvalidity", "uid"], name="mail_ledger_message"),
        )


class MailRun(models.Model):
    """One finished run; the newest fifty of each account are kept."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="runs")
    started_at = InstantField()
    finished_at = InstantField()
    fetched = models.IntegerField()
    delivered = models.IntegerField()
    skipped = models.IntegerField()
    error_code = models.TextField(null=True)
    error_sentence = models.TextField(null=True)
    error_action = models.TextField(null=True)
    notes = models.TextField(default="")  # one line each: connections, messages that were left and why

    class Meta:
        db_table = "mail_run"
        indexes = (models.Index(fields=["account", "finished_at"], name="mail_run_account_finished"),)
