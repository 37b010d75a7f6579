"""Every route with something real behind each of its parameters: what its GET leaves, whom its POST believes."""

import io
import logging
import re
from datetime import timedelta

import pytest
import structlog
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import URLPattern, get_resolver

from bursar.access.invitations import invite
from bursar.access.key_rules import Rules, parse_allow, parse_verbs
from bursar.access.keys import new_key
from bursar.access.models import Person
from bursar.keyring import Place, Secret
from bursar.mail.models import MailAccount
from bursar.server import logs
from bursar.tokens.authorize import ticket
from bursar.tokens.models import Consent, Token, Upload
from bursar.webservices.models import WebServiceCall, WebServiceJob
from tests.browser.scenes import CODE
from tests.browser.staged_pages import SERVICE
from tests.unit.web_pages import Pages, dump, form_token
from tests.unit.webservice_scene import service

pytestmark = pytest.mark.django_db(transaction=True)

CALLBACK = "/otrs/get-oauth2-token-by-authorization-code.pl"
FOREIGN = (
    {"origin": "https://attacker.example"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
)
MAIL = "- {Name: In a file, Host: mail.kestrel.example, Login: a@b.example, Password: cnry, Deliver: 'maildir:/tmp/x'}"
# The way of the first administrator is closed where there is a person; nobody comes from a provider here.
CLOSED = ("setup/<str:link>", "callback/result", "callback/elsewhere")


def routes(pages: Pages) -> dict[str, str]:
    """Every route → an address of it that leads to something, secrets and all."""
    pages.fill()
    ctx, now = pages.ctx, pages.ctx.clock.now()
    values: dict[str, object] = {"slug": "google-mail", "topic": "how-to/install", "picture": "overview.png"}
    values |= {"name": "FQDN", "link": "guessed", "person_id": pages.person("auditor").pk}
    view = pages.view("Sales inbox")
    values |= {"token_id": view.id, "configuration_id": view.configuration_id}
    values["account_id"] = MailAccount.objects.values_list("pk", flat=True)[0]
    rules = Rules(parse_allow(("*",)), parse_verbs("read,refresh"))
    values["key_id"] = new_key(ctx, "Ticket system", rules, None, "test")[0].id
    values["token"] = invite(ctx, "new@kestrel.example", "auditor", "test")
    uploads = _uploads(pages)
    called = service(ctx, Password="cnry-password", User="bursar", Authentication="Basic")
    values["service_id"] = called.pk
    call = {"service": called, "invoker": "create", "origin": "test", "method": "GET", "at": now, "took": 1}
    values["call_id"] = WebServiceCall.objects.create(url="https://tickets.example.org", **call).pk
    job = {"service": called, "invoker": "create", "origin": "test", "state": "given-up", "data": b""}
    values["job_id"] = WebServiceJob.objects.create(first_at=now, next_at=now, **job).pk
    values["ticket"] = ticket(ctx, "Ticket archive", "test")
    values["consent_id"] = _candidate(pages)
    found = {}
    for pattern in get_resolver().url_patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            values["upload_id"] = uploads[route.partition("/")[0]] if "upload_id" in route else ""
            path = re.sub(r"<\w+:(\w+)>", lambda match: str(values[match[1]]), route)
            found[route] = CALLBACK if route.startswith("^") else f"/{path}"
    return found


def _uploads(pages: Pages) -> dict[str, str]:
    """A file of each kind that waits for its import. A person has one at a time, so they are given over at the end."""
    texts = {"import": CODE.format(name="In a file", host="sso.kestrel.example", template="")}
    texts |= {"mail": MAIL, "webservices": SERVICE}
    found, owner = {}, pages.person("admin").email
    for place, text in texts.items():
        sent = {"file": SimpleUploadedFile("file.yml", text.encode())}
        answer = pages.admin.post(f"/{place}".removesuffix("/import") + "/import", sent)
        assert answer.status_code == 303, place
        found[place] = answer.headers["Location"].rpartition("/")[2]
        Upload.objects.filter(person=owner).update(person="")
    Upload.objects.update(person=owner)
    return found


def _candidate(pages: Pages) -> str:
    """Somebody else has signed in than before, and waits for a yes (SEC-13)."""
    now = pages.ctx.clock.now()
    token = Token.objects.get(configuration__name="Accounting")
    made = Consent(token=token, configuration_generation=1, begun_at=now, ends_at=now + timedelta(minutes=9))
    made.candidate_account = "other@kestrel.example"
    made.candidate = pages.ctx.keyring.seal(Place("tokens_consent", made.id, "candidate"), Secret("cnry-candidate"))
    made.save()
    return made.id


def test_no_get_of_any_route_changes_anything_or_shows_a_secret(
    pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-39, SEC-41: each route leads to something here, so that nothing is proved by a page that isn't there.

    The callback alone has to be a GET that changes something (RFC 6749 §4.1.2); see `test_web_consent.py`.
    """
    found = {route: address for route, address in routes(pages).items() if address != CALLBACK}
    admin, auditor = pages.admin, pages.auditor
    before = dump(capsys)
    for route, address in found.items():
        for client in (admin, auditor, admin):
            for method in (client.get, client.head):
                answer = method(address)
                html = answer.content.decode(errors="replace")
                assert "cnry-" not in html, address
                if client is admin:
                    expected = (302, 303, 403) if route in CLOSED else (200, 204, 302, 303, 405)
                    assert answer.status_code in expected, f"{address}: {answer.status_code}"
    assert dump(capsys) == before


def test_no_route_takes_a_change_that_was_not_sent_by_a_page_of_its_own(
    pages: Pages, capsys: pytest.CaptureFixture[str]
) -> None:
    """SEC-39: POST, PUT, PATCH and DELETE without the form's token, or with it from elsewhere."""
    found = routes(pages)
    admin = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    token = {"csrfmiddlewaretoken": form_token(admin.get("/settings/FQDN").content.decode())}
    before = dump(capsys, but_audit=True)
    for address in found.values():
        for answer in _forged(admin, address, token):
            assert answer in (403, 405), f"{address}: {answer}"
    assert dump(capsys, but_audit=True) == before


def _forged(client: Client, address: str, token: dict[str, str]) -> list[int]:
    """What each forged request is answered."""
    answers = [client.post(address), *(client.post(address, token, headers=each) for each in FOREIGN)]
    answers += [method(address) for method in (client.put, client.patch, client.delete)]
    return [answer.status_code for answer in answers]


SEALED = (
    ("tokens_configuration", "client_secret"),
    ("tokens_token", "access_token"),
    ("tokens_token", "refresh_token"),
    ("tokens_consent", "candidate"),
    ("tokens_upload", "sealed"),
    ("mail_account", "password"),
    ("mail_account", "signing_secret"),
    ("webservice", "password"),
    ("webservice", "client_key"),
)


def test_every_page_is_there_where_no_secret_opens(pages: Pages) -> None:
    """SEC-34: what is sealed was changed, everywhere; pages and buttons say so, and none breaks."""
    found = routes(pages)
    with connection.cursor() as cursor:
        for table, column in SEALED:
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {column} IS NOT NULL", [b"\x01broken" * 9])
    broken = []
    for address in found.values():
        for method in ("get", "post"):
            answer = getattr(pages.admin, method)(address, {"secrets": "clear", "seen": "1", "action": "import"})
            if answer.status_code >= 500 or answer.status_code == 401:
                broken.append(f"{method} {address}: {answer.status_code}")
    assert broken == []


CANARIES = (
    *("ClientSecret", "Password", "password", "password1", "current_password", "new_password", "again", "passphrase"),
    *("identity", "key", "text", "Rest", "ClientKey", "data", "code", "login"),
)


@pytest.mark.parametrize("trouble", [False, True])
def test_no_line_of_the_log_has_what_a_form_brought(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, trouble: bool
) -> None:
    """SEC-64: each route, a canary in each field that may hold a secret; also where the program breaks behind it."""
    found = routes(pages)
    root, written = logging.getLogger(), io.StringIO()
    before = root.handlers[:], root.level
    logs.configure(written)
    root.setLevel(logging.DEBUG)
    try:
        if trouble:
            for name in ("actions", "add", "edit", "secret", "imports", "export", "people", "keys", "mail_form"):
                monkeypatch.setattr(f"bursar.web.views.{name}.context", lambda: {}["a surprise"])
        for address in found.values():
            client = pages.client() if address in ("/sign-in", "/setup/guessed") else pages.admin
            client.post(address, dict.fromkeys(CANARIES, "cnry-sent") | {"Name": "N", "seen": "1", "secrets": "clear"})
    finally:
        root.handlers[:], root.level = before
        structlog.reset_defaults()
    assert "cnry-" not in written.getvalue()
    assert ("a surprise" in written.getvalue()) is trouble
