"""What happened since: mail collected, refused and tested, calls of a web service, another account that signed in."""

import json
from datetime import datetime, timedelta
from typing import Any

from bursar.context import Context
from bursar.keyring import Place, Secret

ANSWER = '{"error": "queue_closed", "message": "Queue 7 takes no tickets until Monday."}'
REFUSED = 'The server refuses the login "mail@kestrel.example" with the token of "Accounting" ("AUTHENTICATE failed").'
ACTION = (
    "Check that the login is the mailbox's address and that the token's scope covers IMAP. Then request a new token: "
    "`bursar token authorize 'Accounting'`."
)
STEPS: tuple[tuple[str, str, float], ...] = (
    ("name", "192.0.2.25, 2001:db8::25", 0.012),
    ("address", "192.0.2.25: public", 0.0),
    ("TCP", "192.0.2.25:993", 0.031),
    ("TLS", "TLS 1.3, certificate of imap.kestrel.example, ends 14 Aug 2027", 0.088),
    ("capabilities", "IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR", 0.02),
    ("token", "access token of Sales inbox, ends in 22 min", 0.004),
)


def fill(ctx: Context, now: datetime) -> None:
    """After the scenes `fill` and `past`, with a web service "Tickets" that sends its calls to a ticket system."""
    minutes = lambda count: timedelta(minutes=count)  # noqa: E731 - as the other scenes have it
    _mail(ctx, now, minutes)
    _calls(now, minutes)
    _candidate(ctx, now)


def _mail(ctx: Context, now: datetime, minutes: Any) -> None:
    from bursar.mail.models import MailAccount, MailLedger, MailRun, MailTest

    broken = MailAccount.objects.get(name="Accounting 1")
    MailAccount.objects.filter(pk=broken.pk).update(interval=300, next_run_at=now + minutes(4), failures=1)
    MailAccount.objects.filter(name="Invoices 1").update(held=True)
    MailAccount.objects.filter(name="Support 1").update(deliver="https://tickets.kestrel.example/mail")
    run = {"fetched": 4, "delivered": 3, "skipped": 0, "octets": 48_230, "took": 2_400_000}
    for hour in (6, 5, 3):
        MailRun.objects.create(
            account=broken, started_at=now - minutes(60 * hour), finished_at=now - minutes(60 * hour), **run
        )
    MailRun.objects.create(
        account=broken,
        started_at=now - minutes(3),
        finished_at=now - minutes(3),
        error_code="login_refused",
        error_sentence=REFUSED,
        error_action=ACTION,
        needs_person=True,
        **run | {"fetched": 0, "delivered": 0, "octets": 0},
    )
    for number, subject in enumerate(("Invoice 2026-1187", "Your order has 3 attachments")):
        MailLedger.objects.create(
            account=broken,
            folder="INBOX",
            validity="1",
            message=str(number + 41),
            name=f"{number}.eml",
            delivered_at=now - minutes(180),
            state="refused",
            place=f"UID {number + 41}",
            sender="billing@supplier.example",
            subject=subject,
            size=31_457_280 + number,
            reason="The directory /var/mail/kestrel takes no more: the disk is full.",
        )
    steps = [{"step": step, "seen": seen, "took": took, **_fine()} for step, seen, took in STEPS]
    failed = {
        "error": {
            "code": "login_refused",
            "sentence": REFUSED,
            "action": ACTION,
        },
        "choices": [
            {
                "title": "The mailbox is closed to IMAP",
                "text": "An administrator of the mailbox allows it.",
                "command": "Set-CASMailbox mail@kestrel.example -ImapEnabled $true",
                "edit": False,
            }
        ],
        "said": ["C: a1 AUTHENTICATE XOAUTH2 (token left out)", "S: a1 NO AUTHENTICATE failed."],
    }
    steps.append({"step": "login", "seen": "", "took": 0.412, **failed})
    MailTest.objects.create(
        account=broken,
        started_at=now - minutes(2),
        finished_at=now - minutes(2),
        steps=json.dumps(steps),
        failed_step="login",
    )


def _fine() -> dict[str, Any]:
    return {"error": None, "choices": [], "said": []}


def _calls(now: datetime, minutes: Any) -> None:
    from bursar.webservices.models import WebService, WebServiceCall, WebServiceJob

    service = WebService.objects.get(name="Tickets")
    WebService.objects.filter(pk=service.pk).update(held=False)
    url = "https://tickets.kestrel.example/api/queues/7/tickets"
    told: dict[str, Any] = {"invoker": "create", "method": "POST", "url": url}
    told["sent_headers"] = json.dumps({"Content-Type": "application/json", "Authorization": "Bearer (removed)"})
    told["sent"] = '{"title": "Printer"}'
    for hour in (26, 3, 2):
        WebServiceCall.objects.create(
            service=service,
            origin="schedule",
            at=now - minutes(60 * hour),
            took=184_000,
            status=201,
            received='{"ticket": {"number": "20261125-0017"}}',
            **told,
        )
    job = WebServiceJob.objects.create(
        service=service,
        invoker="create",
        data=b"",
        origin="page:jana@kestrel.example",
        state="given-up",
        tries=3,
        first_at=now - minutes(40),
        next_at=now - minutes(9),
        error="tickets.kestrel.example answers 409.",
    )
    WebServiceCall.objects.create(
        service=service,
        origin=job.origin,
        job=job.id,
        tries=3,
        at=now - minutes(9),
        took=96_000,
        status=409,
        headers=json.dumps({"Content-Type": "application/json"}),
        received=ANSWER,
        error_code="status_refused",
        error="tickets.kestrel.example answers 409.",
        action="Look at what it says, and at the data that were sent.",
        **told,
    )


def _candidate(ctx: Context, now: datetime) -> None:
    from bursar.tokens.models import Consent, Token

    token = Token.objects.get(configuration__name="Accounting", label="")
    Token.objects.filter(pk=token.pk).update(account="accounting@kestrel.example")
    made = Consent(token=token, configuration_generation=1, begun_at=now, ends_at=now + timedelta(minutes=50))
    made.candidate_account = "jana@kestrel.example"
    made.candidate = ctx.keyring.seal(Place("tokens_consent", made.id, "candidate"), Secret("cnry-candidate"))
    made.save()
