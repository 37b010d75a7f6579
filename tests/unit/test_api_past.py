"""What the API tells of the past: of a token, of settings, of who was invited; and what is done to many at once."""

from typing import Any

import pytest

from bursar.tokens import configure
from bursar.tokens.models import Configuration, Token
from tests.browser import past_scene
from tests.unit.api_scene import Api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(api: Api) -> Api:
    api.fill()
    past_scene.fill(api.ctx, api.ctx.clock.now())
    return api


def token(name: str) -> str:
    return Token.objects.get(configuration__name=name, label="").id


def test_the_past_of_a_token_newest_first(told: Api) -> None:
    past = told.ask("GET", f"/tokens/{token('Sales inbox')}/past").json
    first = past["calls"][0]
    assert (first["outcome"], first["status"], first["count"]) == ("needs_authorization", 400, 1)
    assert "AADSTS50173" in first["answer"]
    assert max(call["count"] for call in past["calls"]) == 1990
    begins = [call["started_at"] for call in past["calls"]]
    assert begins == sorted(begins, reverse=True)
    assert [event["kind"] for event in past["events"]] == ["changed", "authorized"]
    assert past["events"][0]["detail"] == {"what": ["ClientSecret", "ClientSecretExpires"]}
    assert past["events"][0]["by"] == "jana@kestrel.example"
    assert past["valid"][0]["ends"] > past["valid"][0]["begins"] >= past["valid"][1]["ends"]


def test_everything_else_that_is_known_of_a_token_and_no_secret(told: Api) -> None:
    """SEC-41"""
    said = told.ask("GET", f"/tokens/{token('Sales inbox')}/detail")
    detail = said.json
    assert (detail["state"], detail["created_by"]) == ("needs_authorization", "jana@kestrel.example")
    assert "upn" in {claim["name"] for claim in detail["inside"]["payload"]}
    assert detail["secret"]["stored"]
    assert {line["kind"] for line in detail["scopes"]} <= {"granted", "missing", "extra", "implied"}
    assert b"cnry-" not in said.response.content
    opaque = told.ask("GET", f"/tokens/{token('Accounting')}/detail").json["inside"]
    assert opaque == {"header": [], "payload": [], "cut": False, "closed": "opaque"}


@pytest.mark.parametrize("what", ["state", "detail", "past", "uses"])
def test_a_key_for_some_names_learns_nothing_of_others(told: Api, what: str) -> None:
    """SEC-45"""
    limited = told.new_key("limited", "Sales*")
    assert told.ask("GET", f"/tokens/{token('Sales inbox')}/{what}", key=limited).status == 200
    other = told.ask("GET", f"/tokens/{token('Accounting')}/{what}", key=limited)
    nobody = told.ask("GET", f"/tokens/nobody/{what}", key=limited)
    assert (other.status, other.response.content) == (404, nobody.response.content)


def test_tokens_by_who_has_to_act_and_in_another_order(told: Api) -> None:
    parts: list[Any] = [
        told.ask("GET", f"/tokens?limit=500&show={show}").json for show in ("now", "soon", "start", "busy", "ok", "off")
    ]
    every = told.ask("GET", "/tokens?limit=500&sort=name").json
    assert sum(part["total"] for part in parts) == every["total"]
    assert "Sales inbox" in [each["name"] for each in parts[0]["items"]]
    names = [(each["name"], each["label"]) for each in every["items"]]
    assert names == sorted(names)
    back = told.ask("GET", "/tokens?limit=500&sort=name&descending=true").json["items"]
    assert [(each["name"], each["label"]) for each in back] == names[::-1]
    assert told.ask("GET", "/tokens?show=all").status == 422


def test_settings_tell_who_changed_what(api: Api) -> None:
    api.ask("PUT", "/settings/FQDN", {"value": "bursar.example.org"})
    api.ask("PUT", "/settings/WebUserAgent::Timeout", {"value": "30"})
    api.ask("DELETE", "/settings/FQDN")
    every = api.ask("GET", "/settings/history?limit=3").json
    assert [(each["name"], each["before"], each["after"]) for each in every] == [
        ("FQDN", "bursar.example.org", None),
        ("WebUserAgent::Timeout", None, "30"),
        ("FQDN", None, "bursar.example.org"),
    ]
    assert {each["by"] for each in every} == {"key:everything"}
    assert api.ask("GET", "/settings/FQDN/history?limit=1").json == every[:1]
    assert api.ask("GET", "/settings/Nothing/history").status == 404
    api.ask("PUT", "/settings/FQDN", {"value": "bursar.example.org"})
    uri = api.ask("GET", "/settings/redirect-uri").json["redirect_uri"]
    assert uri == api.ctx.settings.redirect_uri()
    assert "//bursar.example.org/" in uri


def test_open_invitations_are_listed_without_their_links(api: Api) -> None:
    """SEC-36"""
    link = api.ask("POST", "/people", {"email": "new@x.example", "role": "auditor", "name": "New"}).json["url"]
    said = api.ask("GET", "/people/invitations")
    [open_] = said.json
    assert (open_["email"], open_["role"], open_["created_by"]) == ("new@x.example", "auditor", "key:everything")
    assert link.rpartition("/")[2] not in said.response.content.decode()
    assert api.ask("DELETE", "/people/new@x.example/invitation").status == 204
    assert api.ask("GET", "/people/invitations").json == []


def test_many_configurations_become_invalid_each_by_itself(told: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-45"""
    ids = {name: told.id_of(name) for name in ("Sales inbox", "Support", "Accounting")}
    limited = told.new_key("limited", "S*")
    asked = {"validity": "invalid-temporarily", "configurations": [*ids.values(), "nobody", ids["Support"]]}
    said = told.ask("POST", "/configurations/validity", asked, key=limited).json
    assert said["changed"] == [ids["Sales inbox"], ids["Support"]]
    assert {each["id"]: each["code"] for each in said["failed"]} == dict.fromkeys(
        [ids["Accounting"], "nobody"], "configuration_not_found"
    )
    rows = dict(Configuration.objects.filter(pk__in=ids.values()).values_list("name", "validity"))
    assert rows == {"Sales inbox": "invalid-temporarily", "Support": "invalid-temporarily", "Accounting": "valid"}
    again = told.ask("POST", "/configurations/validity", asked).json
    assert (again["unchanged"], again["changed"]) == (
        [ids["Sales inbox"], ids["Support"]],
        [ids["Accounting"]],
    )

    def broken(*_: object, **__: object) -> None:
        raise configure.changed_meanwhile()

    monkeypatch.setattr("bursar.tokens.configure.change", broken)
    failed = told.ask("POST", "/configurations/validity", asked).json
    assert [each["code"] for each in failed["failed"]] == ["changed_meanwhile"] * 3 + ["configuration_not_found"]
    for bad in ([], ["x" * 101], ["x"] * 1001):
        assert told.ask("POST", "/configurations/validity", {"validity": "valid", "configurations": bad}).status == 422


def test_the_audit_log_tells_what_keys_did_and_what_was_refused_them(api: Api) -> None:
    """SEC-65, SEC-45"""
    api.ask("PUT", "/settings/FQDN", {"value": "bursar.example.org"})
    api.ask("PUT", "/settings/FQDN", {"value": "\u0000"})
    limited = api.new_key("limited", "S*")
    assert api.ask("GET", "/audit", key=limited).code == "key_limited"
    whole = api.ask("GET", "/audit").json
    assert [(each["number"], each["outcome"]) for each in whole["items"]] == [(2, "refused"), (1, "done")]
    assert {each["actor"] for each in whole["items"]} == {"key:everything"}
    first = api.ask("GET", "/audit?limit=1").json
    assert (first["items"], first["total"]) == (whole["items"][:1], 2)
    assert api.ask("GET", first["next"].removeprefix("/api/v1")).json["items"] == whole["items"][1:]
    assert api.ask("GET", "/audit?outcome=done&search=everything").json["items"] == whole["items"][1:]
    assert api.ask("GET", "/audit?outcome=lost").status == 422
