"""The management API: who may ask, what is read and changed, and how it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bursar.access.key_rules import Verb
from bursar.access.models import Invitation, Person
from bursar.api.app import api as described
from bursar.mail import running
from bursar.mail.ledger import Ledger, Refused
from bursar.mail.result import Result
from bursar.tokens.models import Configuration, Token
from bursar.uses import Consumer
from bursar.web.assets import assets
from tests.integration.webservice_server import Answer, Service
from tests.unit.api_scene import Api

pytestmark = pytest.mark.django_db(transaction=True)

SNAPSHOT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
TOKENS = 16  # that a filled scene has
MAIL = {"name": "Support", "login": "s@x.example", "host": "mail.x.example", "deliver": "maildir:/var/mail/x"}


def test_the_description_is_the_one_that_is_published() -> None:
    """An accidental change of the interface shows as a change of this file; `make openapi` writes it anew."""
    assert json.loads(SNAPSHOT.read_text()) == json.loads(json.dumps(described.get_openapi_schema()))


def test_only_a_live_key_that_may_manage_gets_in(api: Api) -> None:
    """SEC-44, SEC-45: the same 401 for every reason, 403 where only the verb is missing."""
    reader = api.new_key("reader", verbs=frozenset({Verb.READ}))
    elsewhere = api.new_key("elsewhere", networks="10.0.0.0/8")
    answers = [api.ask("GET", "/configurations", key=key) for key in ("", "bursar_wrong", elsewhere)]
    assert {answer.code for answer in answers} == {"unauthorized"}
    assert len({answer.response.content for answer in answers}) == 1
    assert answers[0].headers["WWW-Authenticate"] == 'Bearer realm="Bursar"'
    forbidden = api.ask("GET", "/configurations", key=reader)
    assert (forbidden.status, forbidden.code) == (403, "verb_missing")


def test_every_operation_asks_for_a_key() -> None:
    for path, operations in described.get_openapi_schema()["paths"].items():
        for operation in operations.values():
            by_basic = path == "/api/v1/emailengine"
            assert operation["security"] == [{"AnyKeyAsPassword" if by_basic else "ManagerKey": []}], path


def test_a_key_for_some_names_sees_and_changes_no_others(api: Api) -> None:
    """SEC-42, SEC-45."""
    api.fill()
    limited = api.new_key("limited", "Sales*")
    seen = api.ask("GET", "/configurations", key=limited).json
    assert (seen["total"], [each["name"] for each in seen["items"]]) == (1, ["Sales inbox"])
    assert [each["name"] for each in api.ask("GET", "/tokens", key=limited).json["items"]] == ["Sales inbox"]
    other = api.id_of("Support")
    assert api.ask("GET", f"/configurations/{other}", key=limited).status == 404
    assert api.ask("DELETE", f"/configurations/{other}", key=limited).status == 404
    new = {"template": "any-app", "name": "Other"}
    assert api.ask("POST", "/configurations", new, key=limited).status == 404
    renamed = {"set": {"Name": "Other"}}
    assert api.ask("PATCH", f"/configurations/{api.id_of('Sales inbox')}", renamed, key=limited).status == 404
    for path in ("/settings", "/people", "/keys", "/mail-accounts", "/webservices"):
        assert api.ask("GET", path, key=limited).code == "key_limited", path
    assert b"Name: Sales inbox" in api.ask("GET", "/configurations/export", key=limited).response.content
    assert b"Support" not in api.ask("GET", "/configurations/export", key=limited).response.content


def test_a_configuration_from_template_to_deletion(api: Api) -> None:
    new = {
        "template": "microsoft-exchange-app",
        "name": "ERP",
        "set": {"Tenant": "contoso.onmicrosoft.com", "ClientID": "1111"},
        "client_secret": "cnry-secret",
    }
    made = api.ask("POST", "/configurations", new)
    assert (made.status, made.headers["Location"]) == (201, f"/api/v1/configurations/{made.json['id']}")
    where = f"/configurations/{made.json['id']}"
    assert (made.json["secret_stored"], made.json["client_id"], made.json["held"]) == (True, "1111", [])
    assert Configuration.objects.get().created_by == "key:everything"
    assert api.ask("POST", "/configurations", new).code == "name_taken"

    read = api.ask("GET", where)
    assert api.ask("GET", where, **{"if-none-match": read.headers["ETag"]}).status == 304
    changed = api.ask("PATCH", where, {"set": {"Validity": "invalid"}}, **{"if-match": read.headers["ETag"]})
    assert (changed.status, changed.json["validity"]) == (200, "invalid")
    late = api.ask("PATCH", where, {"set": {"Validity": "valid"}}, **{"if-match": read.headers["ETag"]})
    assert (late.status, late.code) == (412, "changed_meanwhile")
    assert Configuration.objects.get().validity == "invalid"

    broken = api.ask("PATCH", where, {"set": {"Scope": "x", "Requests.Nonsense.Request.URL": "https://x.example"}})
    assert broken.status == 422
    assert Configuration.objects.get().document == changed_document(api, where)

    assert api.ask("POST", f"{where}/duplicate", {"name": "ERP 2"}).json["secret_stored"] is False
    labels = api.ask("POST", f"{where}/labels", {"label": "sales"}).json["tokens"]
    assert [each["label"] for each in labels] == ["", "sales"]
    assert api.ask("DELETE", where).status == 204
    assert api.ask("GET", where).code == "configuration_not_found"


def changed_document(api: Api, where: str) -> str:
    api.ask("GET", where)
    return Configuration.objects.get(pk=where.rpartition("/")[2]).document


def test_a_changed_destination_holds_and_no_key_releases_it(api: Api) -> None:
    """SEC-62."""
    api.fill()
    where = f"/configurations/{api.id_of('Helpdesk mailboxes')}"
    path = "Requests.TokenByClientCredentials.Request.URL"
    changed = api.ask("PATCH", where, {"set": {path: "https://attacker.example/token"}})
    assert changed.status == 200
    assert "secret" in changed.json["held"]
    assert api.ask("POST", f"{where}/confirm").status == 404


def test_yaml_goes_out_without_secrets_and_in_whole_or_not_at_all(api: Api) -> None:
    """SEC-41, SEC-61."""
    api.fill()
    exported = api.ask("GET", "/configurations/export")
    assert exported.headers["Content-Type"].startswith("application/yaml")
    assert b"cnry-client-secret" not in exported.response.content
    assert api.ask("GET", "/configurations/export?name=Nobody").status == 404
    dry = api.ask("POST", "/configurations/import?dry_run=true&overwrite=true", exported.response.content)
    assert (len(dry.json["unchanged"]), dry.json["overwritten"], dry.json["added"]) == (TOKENS, [], [])
    bad = exported.response.content + b"\n- Name: 7\n  Config: []\n"
    before = Configuration.objects.count()
    refused = api.ask("POST", "/configurations/import?overwrite=true", bad)
    assert (refused.status, f"body: entry {TOKENS + 1}" in refused.json["detail"]) == (422, True)
    assert Configuration.objects.count() == before
    assert api.ask("POST", "/configurations/import", b"!!python/object:os.system {}").status == 422


def test_tokens_in_every_state_and_in_parts(api: Api) -> None:
    api.fill()
    every = api.ask("GET", "/tokens?limit=500").json
    names = [each["reference"] for each in every["items"]]
    assert (every["total"], len(names), every["next"]) == (TOKENS, TOKENS, None)
    collected: list[str] = []
    following: str | None = "/api/v1/tokens?limit=4&offset=0"
    while following:
        page = api.ask("GET", following.removeprefix("/api/v1")).json
        collected += [each["reference"] for each in page["items"]]
        following = page["next"]
    assert collected == names
    odd = api.ask("GET", "/tokens?limit=4&offset=3").json["items"]
    assert [each["reference"] for each in odd] == names[3:7]
    urgent = api.ask("GET", "/tokens?needs_person=true").json
    assert {each["state"] for each in urgent["items"]} >= {"needs_authorization", "misconfigured"}
    [sales] = api.ask("GET", "/tokens?search=sales").json["items"]
    assert sales["error"]["action"]
    state = api.ask("GET", f"/tokens/{sales['id']}/state").json
    assert state == sales
    ticket = api.ask("POST", f"/tokens/{sales['id']}/authorize").json
    assert "/authorize/" in ticket["url"]
    assert api.ask("POST", f"/tokens/{sales['id']}/request").status == 409
    assert api.ask("POST", f"/tokens/{sales['id']}/revoke").json["state"] == "revoked"
    assert api.ask("GET", "/tokens/nothing/state").code == "token_not_found"


def test_web_services(api: Api) -> None:
    invokers = {"read": {"Path": "/tickets/:id", "Method": "GET", "Output": "path"}}
    with Service() as server:
        document = {"Name": "Tickets", "BaseURL": server.url, "Authentication": "Basic", "User": "u"}
        given = {"document": document | {"Password": "cnry-password", "Invokers": invokers}}
        made = api.ask("POST", "/webservices", given)
        assert made.status == 201, made.json
        assert "cnry-password" not in made.response.content.decode()
        where = made.headers["Location"].removeprefix("/api/v1")
        assert api.ask("POST", f"{where}/run", {"invoker": "read", "data": {"id": 7}}).json["output"] == "/tickets/7"
        server.answers = [Answer(404)]
        failed = api.ask("POST", f"{where}/run", {"invoker": "read", "data": {"id": 8}}).json
        assert (failed["status"], failed["error"]["code"]) == (404, "service_refused")
    assert api.ask("POST", f"{where}/run", {"invoker": "read"}).code == "data_missing"
    assert api.ask("POST", f"{where}/run", {"invoker": "other"}).code == "invoker_not_found"
    found = api.ask("GET", f"{where}/calls?failed=true").json
    assert (found["total"], found["items"][0]["url"].endswith("/tickets/8")) == (1, True)
    call = api.ask("GET", f"{where}/calls/{found['items'][0]['id']}").json
    assert call == found["items"][0] | {"curl": call["curl"]}
    assert call["curl"].startswith("curl -X GET http://127.0.0.1")
    assert "cnry-password" not in call["curl"]
    assert api.ask("GET", f"{where}/calls/nothing").code == "call_not_found"
    clocked = {"Invokers": {"read": invokers["read"] | {"Path": "/tickets", "Schedule": "0 6 * * *"}}}
    api.ask("PUT", where, {"document": document | clocked})
    assert list(api.ask("GET", f"{where}/planned").json) == ["read"]
    kept = api.ask("PUT", where, {"document": document | {"Comment": "ours"}})
    assert kept.json["document"]["Comment"] == "ours"
    moved = document | {"BaseURL": "https://other.example", "Invokers": invokers}
    assert api.ask("PUT", where, {"document": moved}).json["held"] is True
    assert api.ask("POST", f"{where}/run", {"invoker": "read", "data": {"id": 7}}).code == "webservice_held"
    assert api.ask("POST", "/webservices", {"document": {"Name": "\ud800"}}).status == 422
    assert api.ask("GET", "/webservices").json["total"] == 1
    assert api.ask("DELETE", where).status == 204
    assert api.ask("GET", where).code == "webservice_not_found"


def test_mail_accounts(api: Api) -> None:
    made = api.ask("POST", "/mail-accounts", MAIL | {"password": "cnry-password"})
    assert made.status == 201, made.json
    where = made.headers["Location"].removeprefix("/api/v1")
    assert "cnry-password" not in made.response.content.decode()
    assert (made.json["authentication"], made.json["interval"], made.json["type"]) == ("password", "5m", "IMAPS")
    assert api.ask("POST", "/mail-accounts", MAIL | {"password": "x"}).code == "name_taken"
    assert api.ask("POST", "/mail-accounts", MAIL | {"name": "B"}).code == "authentication_missing"
    assert api.ask("POST", "/mail-accounts", MAIL | {"name": "B", "is_admin": True}).status == 422
    changed = api.ask("PATCH", where, {"interval": "10m", "comment": "new"})
    assert (changed.json["interval"], changed.json["comment"], changed.json["login"]) == ("10m", "new", MAIL["login"])
    assert api.ask("PATCH", where, {"host": "other.example"}).code == "password_again"
    ledger = Ledger(api.ctx, made.json["id"], "INBOX", "1")
    ledger.refuse("1", "id", Refused("UID 1", "a@x.example", "Hello", 10, "no"))
    [held] = api.ask("GET", f"{where}/quarantine").json
    assert (held["subject"], held["reason"]) == ("Hello", "no")
    assert api.ask("POST", f"{where}/retry", {"messages": [held["id"]]}).json == {"count": 1}
    assert api.ask("GET", f"{where}/runs").json == []
    assert api.ask("GET", f"{where}/progress").json == {"under_way": False, "fetched": 0}
    result = Result("Support")
    result.fetched = 3
    with running.shown(made.json["id"], result):
        assert api.ask("GET", f"{where}/progress").json == {"under_way": True, "fetched": 3}
    assert api.ask("PATCH", where, {"ca": "/nothing.pem", "password": "x"}).code == "ca_missing"
    assert api.ask("PATCH", where, {"ca": __file__, "password": "x"}).json["ca"] == __file__
    assert api.ask("GET", "/mail-accounts?name=Support").json["total"] == 1
    counts = [api.ask("GET", f"/mail-accounts?search={word}").json["total"] for word in ("s@x", "mail.X", "z")]
    assert counts == [1, 1, 0]
    assert api.ask("DELETE", where).status == 204
    assert api.ask("GET", where).code == "account_not_found"


def test_settings(api: Api) -> None:
    names = [each["name"] for each in api.ask("GET", "/settings?search=proxy").json]
    assert "WebUserAgent::Proxy" in names
    where = "/settings/WebUserAgent::Timeout"
    assert api.ask("PUT", where, {"value": "20"}).json | {"help": ""} == api.ask("GET", where).json | {"help": ""}
    assert api.ask("PUT", where, {"value": "soon"}).status == 422
    assert api.ask("DELETE", where).json["is_set"] is False
    assert api.ask("GET", "/settings/Nonsense").code == "setting_unknown"


def test_people(api: Api) -> None:
    Person.objects.add("ada@x.example", "admin", "a long enough sentence", "Ada")
    link = api.ask("POST", "/people", {"email": "new@x.example", "role": "auditor"})
    assert "/join/" in link.json["url"]
    assert api.ask("PATCH", "/people/ada@x.example", {"role": "auditor"}).status == 409, "the last administrator"
    assert api.ask("DELETE", "/people/ada@x.example").status == 409
    assert api.ask("PATCH", "/people/ada@x.example", {"password": "x"}).status == 422
    assert api.ask("DELETE", "/people/new@x.example/invitation").status == 204
    assert api.ask("DELETE", "/people/new@x.example/invitation").code == "invitation_not_found"
    before = Person.objects.get(email="ada@x.example").session_epoch
    assert api.ask("DELETE", "/people/ada@x.example/sessions").status == 204
    assert Person.objects.get(email="ada@x.example").session_epoch == before + 1
    assert "/join/" in api.ask("POST", "/people/ada@x.example/link").json["url"]
    assert api.ask("POST", "/people/nobody@x.example/link").code == "person_not_found"
    [ada] = api.ask("GET", "/people").json
    assert (ada["email"], ada["role"]) == ("ada@x.example", "admin")


def test_keys(api: Api) -> None:
    made = api.ask("POST", "/keys", {"name": "erp", "allow": ["ERP*"], "verbs": ["read"], "expires": "90d"})
    where = made.headers["Location"].removeprefix("/api/v1")
    assert made.json["key"].startswith("bursar_")
    shown = api.ask("GET", where)
    assert "key" not in shown.json
    api.fill()
    token = Token.objects.filter(label="").order_by("id").first()
    assert token is not None
    key_id = where.rpartition("/")[2]
    api.ctx.uses.note(token.id, Consumer("key", key_id, "erp", "10.0.0.9"), api.ctx.clock.now())
    api.ctx.uses.flush(api.ctx.storage)
    [use] = api.ask("GET", f"{where}/uses").json
    assert (use["token_id"], use["count"], use["address"]) == (token.id, 1, "10.0.0.9")
    assert use in api.ask("GET", f"/tokens/{token.id}/uses").json
    assert made.json["key"] not in shown.response.content.decode()
    changed = api.ask("PATCH", where, {"networks": ["10.0.0.0/8"]})
    assert (changed.json["networks"], changed.json["allow"]) == (["10.0.0.0/8"], ["ERP*"])
    assert api.ask("POST", "/keys", {"name": "bad", "allow": []}).code == "key_allow"
    manager = api.new_key("manager", "*")
    assert api.ask("POST", "/people", {"email": "new@x.example", "role": "admin"}, key=manager).status == 201
    assert api.ask("POST", "/people", {"email": "b@x.example", "role": "admin", "name": "a\0"}).status == 422
    [managing] = [each for each in api.ask("GET", "/keys").json if each["name"] == "manager"]
    assert api.ask("DELETE", f"/keys/{managing['id']}").status == 200
    assert Invitation.objects.count() == 0, "who may not invite any more has no open invitations"
    assert api.ask("DELETE", where).json["state"] == "revoked"
    assert api.ask("DELETE", where).code == "key_revoked"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("PUT", "/configurations", {}, 405),
        ("POST", "/configurations", {"name": "x"}, 422),
        ("POST", "/configurations", {"template": "any-app", "name": "x", "is_admin": True}, 422),
        ("POST", "/configurations", [], 422),
        ("GET", "/configurations?limit=501", None, 422),
        ("GET", "/configurations?offset=-1", None, 422),
        ("GET", "/configurations/%00", None, 404),
        ("GET", "/configurations/export?name=%00x", None, 404),
        ("GET", "/configurations?search=%00%ff", None, 200),
        ("GET", "/configurations/export?" + "name=a&" * 1100, None, 400),
        ("POST", "/configurations/import", b"null\n", 422),
        ("POST", "/configurations/import", b"", 422),
    ],
)
def test_every_refusal_is_a_problem(api: Api, method: str, path: str, body: Any, status: int) -> None:
    """SEC-42, SEC-66."""
    said = api.ask(method, path, body)
    assert said.status == status
    if status >= 400:
        assert said.code


def test_what_was_sent_is_not_repeated_in_an_error(api: Api) -> None:
    """SEC-64."""
    said = api.ask("POST", "/configurations", {"name": 7, "client_secret": {"x": "cnry-secret"}})
    assert said.status == 422
    assert [each["at"] for each in said.json["errors"]] == ["body.template", "body.name", "body.client_secret"]
    assert "cnry-secret" not in said.response.content.decode()


def test_a_refusal_names_members_and_no_options_of_the_command_line(api: Api) -> None:
    def told(path: str, body: Any) -> tuple[str, str]:
        said = api.ask("POST", path, body)
        assert said.status == 422
        return said.json["detail"], said.json.get("action", "")

    assert told("/mail-accounts", MAIL) == (
        "An account logs in with a token or with a password: exactly one of them is needed.",
        "Give `token` or `password`.",
    )
    assert told("/mail-accounts", MAIL | {"password": "x", "interval": "never ever"})[0].startswith('`interval` "never')
    bad = MAIL | {"password": "x", "recipients": {"nobody": "maildir:/x"}}
    assert told("/mail-accounts", bad)[0] == '`recipients`: "nobody" is no address.'
    assert told("/keys", {"name": "x"})[1].startswith("Say which tokens it may have: `allow` 'mail-*'")
    api.fill()
    issuer = told(f"/configurations/{api.id_of('Support')}/recheck", None)[1]
    assert issuer == "Enter it: `bursar config set 'Support' Issuer=https://…`."


def test_a_surprise_tells_a_reference_alone(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-66."""

    def broken(*_: object, **__: object) -> None:
        raise ValueError("cnry-inside")

    monkeypatch.setattr("bursar.api.settings.matching", broken)
    said = api.ask("GET", "/settings")
    assert (said.status, said.code) == (500, "unexpected")
    assert "cnry-inside" not in said.response.content.decode()


def test_the_human_page_and_the_description_need_no_other_host(api: Api) -> None:
    page = api.ask("GET", "/docs", key="").response
    assert page.status_code == 200
    assert "https://" not in page.content.decode().replace("https://github.com", "")
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    needed = re.findall(r'(?:src|href)="/static/([^"?]+)', page.content.decode())
    assert "bursar.css" in needed
    assert all(assets()[name].content for name in needed)
    assert api.ask("GET", "/openapi.json", key="").json["openapi"].startswith("3.1")
