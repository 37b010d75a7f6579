"""Web services as documents: what is accepted, what is refused and where, what leaves Bursar again."""

from typing import Any

import pytest

from bursar.context import Context
from bursar.errors import BursarError, InvalidInput, Refused
from bursar.exchange import ImportResult
from bursar.keyring import Secret
from bursar.testing import FakeProvider
from bursar.tokens.configure import delete as delete_configuration
from bursar.tokens.differences import Difference
from bursar.tokens.models import Configuration
from bursar.tokens.users import users_of
from bursar.webservices.models import WebService, WebServiceSchedule
from bursar.webservices.service import Service
from bursar.webservices.services import Secrets, change, document_of, find, password_of, service_of
from bursar.webservices.transfer import export_services, import_services
from tests.unit.webservice_scene import TOKEN, configure, service

BASE = {"Name": "Tickets", "BaseURL": "https://tickets.example.org/api/"}
WHOLE = f"""\
- Name: Tickets
  BaseURL: https://tickets.example.org/api
  Timeout: 45
  ContentType: XML
  Authentication: OAuth2
  Token: {TOKEN}#second
  Headers:
    X-Tenant: kestrel
  Proxy: none
  NoProxy:
  - .internal.example
  AllowedHosts:
  - files.example.org
  Retry:
    First: 30s
    Factor: 1.5
    Maximum: 1h
    Count: 5
    Period: 2d
  Validity: valid
  Invokers:
    create:
      Path: /queues/:queue.id/tickets
      Method: POST
      Query:
        notify: to_string(notify)
      Template: |-
        <Ticket>
          <Title>{{{{ subject }}}}</Title>
        </Ticket>
      Output: ticket.id
      Success: status == `201`
      Schedule: 0 6 * * *
      Sample:
        queue:
          id: 7
        notify: true
"""


def parse(**changed: Any) -> Service:
    return Service.parse(BASE | changed)


def test_a_document_comes_out_as_it_went_in_and_its_schedule_is_planned(ctx: Context, provider: FakeProvider) -> None:
    configure(ctx, provider)
    import_services(ctx, WHOLE.encode(), "f.yml", overwrite=False, dry_run=False, by="test")
    assert export_services(ctx, None, with_secrets=False) == WHOLE
    assert WebServiceSchedule.objects.get().next_at > ctx.clock.now()
    row = find("Tickets")
    assert service_of(row).document() == document_of(row)
    again = WHOLE.replace("      Schedule: 0 6 * * *\n", "").replace("45", "46")
    import_services(ctx, again.encode(), "f.yml", overwrite=True, dry_run=False, by="test")
    assert not WebServiceSchedule.objects.exists()
    skipped = import_services(ctx, WHOLE.encode(), "f.yml", overwrite=False, dry_run=True, by="test")
    assert skipped.names("skipped") == ["Tickets"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"BaseURL": "ftp://h.example"}, "BaseURL must be an address"),
        ({"BaseURL": "https://user@h.example"}, "BaseURL must be an address"),
        ({"BaseURL": "https://h.example/?a=b"}, "BaseURL must be an address"),
        ({"BaseURL": "https://h.example/#part"}, "BaseURL must be an address"),
        ({"Colour": "red"}, "Colour is not known here"),
        ({"Authentication": "OAuth2"}, "Token is missing"),
        ({"Token": "x"}, "Token belongs to"),
        ({"Authentication": "Basic"}, "User and the authentication Basic"),
        ({"Authentication": "Header", "Token": "x", "HeaderTemplate": "X-Key: fixed"}, "HeaderTemplate must be"),
        ({"Authentication": "Header", "Token": "x", "HeaderTemplate": "Host: {token}"}, "HeaderTemplate can't be Host"),
        ({"Headers": {"X-A": "{token}"}}, "Headers hold the token's place"),
        ({"Headers": {"Host": "other.example"}}, "Headers.Host is set by the connection itself"),
        ({"Headers": {"X-A": "a\nX-B: b"}}, "Headers.X-A must be one line"),
        ({"Timeout": "never"}, "Timeout must be a number"),
        ({"Proxy": "http://user:secret@proxy.example:3128"}, "Proxy must be"),
        ({"AllowedHosts": "files.example.org:99"}, "AllowedHosts holds"),
        ({"Retry": {"First": "soon"}}, "Retry.First must be a time"),
        ({"ClientCertificate": "nothing"}, "ClientCertificate must be"),
        ({"BaseURL": "https://h.example\\@other.example"}, "BaseURL must be an address"),
        ({"BaseURL": "https://h.example:0"}, "BaseURL must be an address"),
        ({"BaseURL": "https://[::1"}, "BaseURL must be an address"),
        ({"BaseURL": "https://h.example/ä"}, "BaseURL must be an address"),
        ({"Proxy": "https://proxy.example"}, "Proxy must be"),
        ({"Proxy": "http://proxy.example/path"}, "Proxy must be"),
        ({"AllowedHosts": ["https://files.example.org"]}, "AllowedHosts holds"),
        ({"Timeout": True}, "Timeout must be a number"),
        ({"Timeout": "inf"}, "Timeout must be a number"),
        ({"Timeout": 3601}, "Timeout must be a number from 1 to 3600"),
        ({"Retry": {"Count": -1}}, "Retry.Count must be a number"),
        ({"Retry": {"Factor": 0.5}}, "Retry.Factor must be a number"),
        ({"Retry": {"Period": "31d"}}, "Retry.Period must be a time"),
        ({"Retry": {"Maximum": "0s"}}, "Retry.Maximum must be a time"),
        ({"Retry": {"Colour": 1}}, "Retry.Colour is not known here"),
        ({"Retry": [1]}, "Retry must be a mapping"),
        ({"CA": "ca.pem"}, "CA must be the absolute path"),
        ({"Name": " "}, "Name must have"),
        ({"Name": "x" * 251}, "Name must have 1 to 250"),
        ({"Name": "a\nb"}, "Name carries control characters"),
        ({"Comment": "a\x00"}, "Comment carries control characters"),
        ({"Validity": "maybe"}, "Validity must be"),
        ({"Method": "BREW"}, "Method must be one of"),
        ({"ContentType": "YAML"}, "ContentType must be one of"),
        ({"Authentication": "Kerberos"}, "Authentication must be one of"),
        ({"Authentication": "Basic", "User": "a:b"}, "User must not hold a colon"),
        ({"Authentication": "Header", "Token": "x", "HeaderTemplate": "{token}"}, "HeaderTemplate must be"),
        ({"Authentication": "Header", "Token": "x", "HeaderTemplate": "X Y: {token}"}, "HeaderTemplate must be"),
        ({"Headers": {"X A": "1"}}, "Headers.X A is no name"),
        ({"Headers": {"X-A": "ü"}}, "Headers.X-A must be one line of ASCII"),
        ({"Invokers": {f"i{n}": {} for n in range(201)}}, "Invokers must be at most 200"),
        ({"Invokers": {"a": {"Sample": "x" * 100_001}}}, "Invokers.a.Sample is too large"),
        ({"Invokers": {"a": {"Body": {"x": "y"}, "Template": "z"}}}, "Invokers.a.Template and Body exclude"),
        ({"Invokers": {"a": {"Body": {"x": ""}}}}, "Invokers.a.Body.x is empty"),
        ({"Invokers": {"a": {"Path": "/x?y"}}}, "Invokers.a.Path must begin"),
        ({"Invokers": {"a": {"Path": "/x//y"}}}, "Invokers.a.Path must begin"),
        ({"Invokers": {"a": {"Headers": {"Host": "x"}}}}, "Invokers.a.Headers.Host is set by"),
        ({"Invokers": {"a": {"Schedule": "0 0 6 * * *"}}}, "Invokers.a.Schedule must be a cron expression"),
        ({"Invokers": {"a": {"Schedule": "0 0 30 2 *"}}}, "Invokers.a.Schedule must be a cron expression"),
        ({"Invokers": {"a": {"Output": "a" * 2001}}}, "Invokers.a.Output must have at most"),
        ({"Invokers": {"a/b": {}}}, "Invokers.a/b is no name"),
        ({"Invokers": {"a": {"Path": "//other.example/x"}}}, "Invokers.a.Path must begin"),
        ({"Invokers": {"a": {"Path": "/../x"}}}, "Invokers.a.Path must not hold"),
        ({"Invokers": {"a": {"Path": "/%2e%2e/x"}}}, "Invokers.a.Path must not hold"),
        ({"Invokers": {"a": {"Path": "/x@other.example"}}}, "Invokers.a.Path must begin"),
        ({"Invokers": {"a": {"Output": "a ||"}}}, "Invokers.a.Output is no JMESPath"),
        ({"Invokers": {"a": {"Template": "{{ a"}}}, "Invokers.a.Template is wrong: The template, line 1"),
        ({"Invokers": {"a": {"Method": "GET", "Template": "x"}}}, "Invokers.a.Method GET sends no body"),
        ({"Invokers": {"a": {"Schedule": "0 25 * * *"}}}, "Invokers.a.Schedule must be a cron expression"),
    ],
)
def test_what_breaks_a_rule_is_named_by_its_path(changed: dict[str, Any], said: str) -> None:
    """SEC-48: the addresses of a service are judged when they are written."""
    with pytest.raises(InvalidInput) as found:
        parse(**changed)
    assert said in found.value.sentence


def test_a_configuration_that_a_service_uses_is_not_deleted(ctx: Context, provider: FakeProvider) -> None:
    configure(ctx, provider)
    row = service(ctx, Authentication="OAuth2", Token=TOKEN)
    configuration = Configuration.objects.get()
    assert users_of([configuration.id]) == {configuration.id: ['web service "Tickets"']}
    with pytest.raises(Refused, match="Tickets"):
        delete_configuration(ctx, TOKEN)
    row.delete()
    delete_configuration(ctx, TOKEN)


def test_secrets_are_sealed_and_leave_only_when_asked_for(ctx: Context) -> None:
    """SEC-31."""
    row = service(ctx, Authentication="Basic", User="u", Password="cnry-basic")
    assert b"cnry" not in bytes(WebService.objects.get().password)
    assert password_of(ctx, row) == Secret("cnry-basic")
    assert "cnry" not in export_services(ctx, None, with_secrets=False) + row.document
    assert "Password: cnry-basic" in export_services(ctx, None, with_secrets=True)


def test_an_import_says_what_differs_and_changes_nothing_where_nothing_does(
    ctx: Context, provider: FakeProvider
) -> None:
    configure(ctx, provider)

    def bring(text: str, **how: bool) -> ImportResult:
        return import_services(ctx, text.encode(), "f.yml", by="t", **{"overwrite": True, "dry_run": False} | how)

    bring(WHOLE)
    generation = find("Tickets").generation
    assert bring(WHOLE).names("unchanged") == ["Tickets"]
    [tried] = bring(WHOLE.replace("45", "46"), dry_run=True).entries
    assert (tried.outcome, tried.differences) == ("overwritten", (Difference("Timeout", "45", "46"),))
    assert find("Tickets").generation == generation
    with pytest.raises(InvalidInput, match="entry 2: Name is missing"):
        bring(WHOLE.replace("45", "46") + "- BaseURL: https://x.example\n")
    with pytest.raises(InvalidInput, match='entry 2: "Tickets" stands in it twice'):
        bring(WHOLE.replace("45", "46") + WHOLE)
    assert find("Tickets").generation == generation, "all of it or nothing"


def test_a_change_against_something_older_is_refused(ctx: Context) -> None:
    row = service(ctx, Authentication="Basic", User="u", Password="cnry-basic")
    same = Service.parse(document_of(row) | {"Comment": "kept"})
    row = change(ctx, row, same, Secrets(), "test")
    assert password_of(ctx, row) == Secret("cnry-basic")
    with pytest.raises(BursarError) as late:
        change(ctx, row, same, Secrets(), "test", seen=1)
    assert late.value.code == "changed_meanwhile"
