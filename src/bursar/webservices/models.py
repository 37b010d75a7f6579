"""The rows of the web services: what is called, when by itself, what is to be tried again, and a bounded log."""

from django.db import models

from ..columns import CodePointField, InstantField
from ..ids import new_id
from ..tokens.models import Token


class WebService(models.Model):
    """A service and its invokers. `document` is what `Service.parse` reads; its secrets are sealed beside it."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    name = CodePointField(unique=True)
    document = models.TextField()  # JSON, without secrets
    token = models.ForeignKey(Token, on_delete=models.PROTECT, related_name="web_services", null=True)
    password = models.BinaryField(null=True)  # sealed; of Basic authentication
    client_key = models.BinaryField(null=True)  # sealed; PEM, of the client certificate
    validity = models.TextField(default="valid")  # valid | invalid | invalid-temporarily
    held = models.BooleanField(default=False)  # it calls nothing until a person has confirmed where it sends proofs
    created_at = InstantField()
    created_by = models.TextField(default="")
    changed_at = InstantField(null=True)
    changed_by = models.TextField(default="")
    # Each change moves it on: a form that was opened before another's change overwrites nothing.
    generation = models.BigIntegerField(default=1)

    class Meta:
        db_table = "webservice"
        ordering = ("name",)


class WebServiceSchedule(models.Model):
    """An invoker that runs by itself. Who moves `next_at` on runs it."""

    service = models.ForeignKey(WebService, on_delete=models.CASCADE, related_name="schedules")
    invoker = CodePointField()
    cron = models.TextField()
    next_at = InstantField(db_index=True)

    class Meta:
        db_table = "webservice_schedule"
        constraints = (models.UniqueConstraint(fields=["service", "invoker"], name="webservice_schedule_invoker"),)


class WebServiceJob(models.Model):
    """A call that is to be made, or made again. It is gone when it was answered; given up, it stays for a while."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)  # also the idempotency key
    service = models.ForeignKey(WebService, on_delete=models.CASCADE, related_name="jobs")
    invoker = models.TextField()
    data = models.BinaryField()  # sealed JSON
    origin = models.TextField()  # cli:NAME, page:NAME, schedule
    state = models.TextField(default="waiting")  # waiting | given-up
    tries = models.IntegerField(default=0)
    first_at = InstantField()
    next_at = InstantField()
    error = models.TextField(default="")
    lease_owner = models.TextField(null=True)
    lease_run = models.TextField(null=True)
    lease_until = InstantField(null=True)

    class Meta:
        db_table = "webservice_job"
        indexes = (
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="webservice_job_waiting"),
        )


class WebServiceCall(models.Model):
    """One call as it went, its secrets taken out; the newest few hundred of each service are kept."""

    id = models.CharField(primary_key=True, max_length=32, default=new_id)
    service = models.ForeignKey(WebService, on_delete=models.CASCADE, related_name="calls")
    invoker = models.TextField()
    origin = models.TextField()
    job = models.TextField(default="")  # the id that the tries of one job share
    tries = models.IntegerField(default=1)
    at = InstantField()
    took = models.BigIntegerField()  # microseconds
    method = models.TextField()
    url = models.TextField()
    sent_headers = models.TextField(default="{}")  # JSON
    sent = models.TextField(default="")
    status = models.IntegerField(null=True)
    headers = models.TextField(default="{}")  # JSON
    received = models.TextField(default="")
    renewed = models.BooleanField(default=False)  # the token was refused and replaced within this call
    error_code = models.TextField(default="")
    error = models.TextField(default="")
    action = models.TextField(default="")
    again_at = InstantField(null=True)

    class Meta:
        db_table = "webservice_call"
        indexes = (models.Index(fields=["service", "id"], name="webservice_call_service"),)
