"""The rows of the mail side: accounts, the ledger that makes delivery happen once, and a bounded log of runs."""

from django.db import models

from ..columns import CodePointField, InstantField
from ..ids import new_id
from ..tokens.models import Token


class MailAccount(models.Model):
    """A mailbox that Bursar collects. The login is its own field: a shared mailbox is not who signed in (SEC-58)."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = CodePointField(unique=True)
    type = models.TextField()  # IMAP | IMAPS | IMAPTLS | POP3 | POP3S | POP3TLS | MSGraph
    host = models.TextField()
    port = models.IntegerField()
    login = models.TextField()
    # What the login is proved with: one of the two.
    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="mail_accounts", null=True)
    password = models.BinaryField(null=True)  # sealed
    folder = models.TextField(default="INBOX")  # empty for POP3
    ca_file = models.TextField(default="")
    after = models.TextField(default="delete")  # delete | seen | leave | move:FOLDER
    trusted = models.BooleanField(default=False)  # whether X-OTRS-… headers are kept
    deliver = models.TextField()  # maildir:PATH and the other destinations
    signing_secret = models.BinaryField(null=True)  # sealed; what a webhook signs with
    recipients = models.TextField(default="{}")  # JSON: address in lower case to destination; {} for one destination
    validity = models.TextField(default="valid")  # valid | invalid | invalid-temporarily
    comment = models.TextField(default="")
    # Nobody has confirmed that its token may go to this server: it logs in nowhere.
    held = models.BooleanField(default=False)
    interval = models.IntegerField(default=0)  # seconds; 0: only when asked
    next_run_at = InstantField(null=True, db_index=True)
    failures = models.IntegerField(default=0)  # runs in a row that failed
    created_at = InstantField()
    created_by = models.TextField(default="")
    changed_at = InstantField(null=True)
    changed_by = models.TextField(default="")
    # Each change moves it on: a form that was opened before another's change overwrites nothing.
    generation = models.BigIntegerField(default=1)
    # The run that collects now. `lease_owner` is a `worker_name`; `lease_run` tells two runs of one process apart.
    lease_owner = models.TextField(null=True)
    lease_run = models.TextField(null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "mail_account"
        ordering = ("name",)
        # Which accounts are in trouble: asked by every page.
        indexes = (
            models.Index(fields=["name"], name="mail_account_failing", condition=models.Q(failures__gt=0)),
            models.Index(fields=["name"], name="mail_account_held", condition=models.Q(held=True)),
        )


class MailLedger(models.Model):
    """A message that was delivered, or is just being handed over.

    Its identity is account, folder, UIDVALIDITY and UID; or account and UIDL; or account, folder and Graph id.
    """

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="ledger")
    folder = CodePointField()
    validity = CodePointField()
    message = CodePointField()
    name = models.TextField()  # the delivery id; a maildir's file is called by it, without the flags a reader adds
    delivered_at = InstantField()
    state = models.TextField(default="delivered")  # begun | delivered | settled | refused
    # Only of what was refused: how a person finds it at the server, what it is, and why it is there still.
    place = models.TextField(null=True)
    sender = models.TextField(null=True)
    subject = models.TextField(null=True)
    size = models.IntegerField(null=True)
    reason = models.TextField(null=True)

    class Meta:
        db_table = "mail_ledger"
        indexes = (models.Index(fields=["account"], condition=models.Q(state="refused"), name="mail_ledger_refused"),)
        constraints = (
            models.UniqueConstraint(fields=["account", "folder", "validity", "message"], name="mail_ledger_message"),
        )


class MailRun(models.Model):
    """One finished run, or several in a row that found nothing; the newest fifty rows of each account are kept."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="runs")
    started_at = InstantField()
    finished_at = InstantField()
    fetched = models.IntegerField()
    delivered = models.IntegerField()
    skipped = models.IntegerField()
    repeated = models.IntegerField(default=0)
    octets = models.BigIntegerField(default=0)
    runs = models.IntegerField(default=1)
    took = models.BigIntegerField(default=0)  # microseconds of the last of them
    needs_person = models.BooleanField(default=False)  # the error passes only when a person does something
    error_code = models.TextField(null=True)
    error_sentence = models.TextField(null=True)
    error_action = models.TextField(null=True)
    notes = models.TextField(default="")  # one line each: connections, messages that were left and why

    class Meta:
        db_table = "mail_run"
        indexes = (models.Index(fields=["account", "finished_at"], name="mail_run_account_finished"),)


class MailTest(models.Model):
    """One test of a connection, written step by step; the newest ten of each account are kept."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="tests")
    started_at = InstantField()
    finished_at = InstantField(null=True)
    steps = models.TextField(default="[]")  # JSON
    failed_step = models.TextField(null=True)

    class Meta:
        db_table = "mail_test"
        indexes = (models.Index(fields=["account", "started_at"], name="mail_test_account_started"),)
