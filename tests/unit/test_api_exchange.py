"""The API as the pages' other half: YAML of mail accounts and web services, tests of connections, waiting calls."""

import threading

import pyrage
import pytest

from bursar.keyring import Secret
from bursar.mail.models import MailAccount
from bursar.testing import FakeProvider
from bursar.tokens import age_file
from bursar.webservices import jobs
from bursar.webservices.models import WebService, WebServiceJob
from bursar.webservices.services import find, password_of
from tests.integration.documents import as_yaml, credentials_document
from tests.unit.api_scene import Api

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = {"name": "Support", "login": "s@x.example", "host": "127.0.0.1", "port": 1, "deliver": "maildir:/var/mail/x"}
NOBODY = "0" * 32


@pytest.fixture
def account(api: Api) -> str:
    """The path of a mail account with a password."""
    made = api.ask("POST", "/mail-accounts", MAIL | {"password": "cnry-password"})
    return str(made.headers["Location"].removeprefix("/api/v1"))


def test_mail_accounts_go_out_without_passwords_and_in_whole_or_not_at_all(api: Api, account: str) -> None:
    """SEC-41, SEC-43: an export by a key has no secrets, as of token configurations."""
    exported = api.ask("GET", "/mail-accounts/export")
    text = exported.response.content
    assert exported.headers["Content-Type"].startswith("application/yaml")
    assert b"Name: Support" in text
    assert b"cnry-password" not in text
    assert api.ask("GET", "/mail-accounts/export?name=Support").response.content == text
    assert api.ask("GET", "/mail-accounts/export?name=Nobody").code == "account_not_found"

    file = (
        text.replace(b"Interval: 5m", b"Interval: 10m") + text.replace(b"Support", b"Sales") + b"  Password: cnry-2\n"
    )
    dry = api.ask("POST", "/mail-accounts/import?dry_run=true&overwrite=true", file)
    assert (dry.json["added"], dry.json["overwritten"], dry.json["held"]) == (["Sales"], ["Support"], [])
    assert dry.json["differences"]["Support"] == [{"path": "Interval", "before": "5m", "after": "10m"}]
    assert "cnry-2" not in dry.response.content.decode()
    assert MailAccount.objects.count() == 1, "a dry run stores nothing"
    assert api.ask("POST", "/mail-accounts/import", file).json["skipped"] == ["Support"]
    assert api.ask("GET", account).json["interval"] == "5m"
    assert api.ask("POST", "/mail-accounts/import?overwrite=true", file).json["unchanged"] == []
    assert api.ask("GET", account).json["interval"] == "10m"
    assert MailAccount.objects.get(name="Sales").created_by == "key:everything"

    broken = file.replace(b"Sales", b"Third") + b"- Name: Fourth\n"
    refused = api.ask("POST", "/mail-accounts/import", broken)
    assert (refused.code, "entry 3" in refused.json["detail"]) == ("key_missing", True)
    assert MailAccount.objects.count() == 2
    assert api.ask("POST", "/mail-accounts/import", b"").code == "document_empty"
    assert api.ask("POST", "/mail-accounts/import?dry_run=perhaps", file).status == 422


def test_a_connection_is_tested_step_by_step(api: Api, account: str) -> None:
    begun = api.ask("POST", f"{account}/test")
    assert begun.status == 202
    for thread in threading.enumerate():
        if thread.name == "bursar-mail-test":
            thread.join()
    test = api.ask("GET", begun.headers["Location"].removeprefix("/api/v1"))
    assert (test.json["state"], test.json["failed_step"]) == ("failed", "TCP")
    last = test.json["steps"][-1]
    assert (last["step"], "127.0.0.1" in last["error"]["sentence"]) == ("TCP", True)
    assert test.json["finished_at"] >= test.json["started_at"]
    assert api.ask("GET", f"{account}/tests").json == [test.json]
    assert api.ask("GET", f"{account}/tests/{NOBODY}").code == "mail_test_not_found"
    assert api.ask("POST", f"/mail-accounts/{NOBODY}/test").code == "account_not_found"


def test_a_signing_secret_is_shown_once(api: Api, account: str) -> None:
    made = api.ask("POST", f"{account}/signing-secret")
    assert (made.status, made.headers["Cache-Control"]) == (201, "no-store")
    secret = made.json["signing_secret"]
    assert secret.startswith("whsec_")
    assert api.ask("POST", f"{account}/signing-secret").json["signing_secret"] != secret
    for path in (account, "/mail-accounts", "/mail-accounts/export"):
        assert "whsec_" not in api.ask("GET", path).response.content.decode()
    assert api.ask("POST", f"/mail-accounts/{NOBODY}/signing-secret").code == "account_not_found"


def test_web_services_come_in_held_and_go_out_without_secrets(api: Api) -> None:
    """SEC-41, SEC-62: what a key imports sends no token anywhere before a person has said yes; no key can say it."""
    api.fill()
    file = (
        b"- Name: Tickets\n  BaseURL: https://tickets.example\n  Authentication: OAuth2\n  Token: Sales inbox\n"
        b"- Name: Stock\n  BaseURL: https://stock.example\n  Authentication: Basic\n  User: u\n  Password: cnry-pw\n"
    )
    dry = api.ask("POST", "/webservices/import?dry_run=true", file)
    assert (dry.json["added"], dry.json["held"]) == (["Tickets", "Stock"], ["Tickets"])
    assert {"path": "BaseURL", "before": None, "after": "https://tickets.example"} in dry.json["differences"]["Tickets"]
    assert WebService.objects.count() == 0
    assert api.ask("POST", "/webservices/import", file).json["held"] == ["Tickets"]
    tickets = WebService.objects.get(name="Tickets")
    assert (tickets.held, tickets.created_by) == (True, "key:everything")
    assert api.ask("POST", f"/webservices/{tickets.id}/confirm").status == 404

    exported = api.ask("GET", "/webservices/export").response.content
    assert (b"Name: Stock" in exported, b"cnry-pw" in exported) == (True, False)
    assert b"Tickets" not in api.ask("GET", "/webservices/export?name=Stock").response.content
    assert api.ask("GET", "/webservices/export?name=Nobody").code == "webservice_not_found"
    assert api.ask("POST", "/webservices/import", file).json["skipped"] == ["Tickets", "Stock"]
    renamed = file.replace(b"stock.example", b"stock2.example")
    replaced = api.ask("POST", "/webservices/import?overwrite=true", renamed)
    assert (replaced.json["overwritten"], replaced.json["unchanged"]) == (["Stock"], ["Tickets"])
    assert "cnry-pw" not in replaced.response.content.decode()
    twice = api.ask("POST", "/webservices/import", file.replace(b"Name: Stock", b"Name: Tickets"))
    assert (twice.code, api.ask("POST", "/webservices/import", b"- 1\n").code) == ("name_twice", "document_invalid")


def test_what_is_encrypted_with_age_is_opened_by_its_key(api: Api, provider: FakeProvider) -> None:
    """SEC-60: an export of the pages or of the command line, as it is; the API's own exports hold no secret."""
    phrase, identity = "fünf Wörter in einer Reihe", pyrage.x25519.Identity.generate()
    stock = b"- {Name: Stock, BaseURL: 'https://stock.example', Authentication: Basic, User: u, Password: cnry-pw}\n"
    account = (
        b"- {Name: Old, Login: o@x.example, Host: h.example, Type: IMAPS, Deliver: 'maildir:/x', Password: cnry-pw}\n"
    )
    config = as_yaml(credentials_document("Robot", provider, "robot", "cnry-pw")).encode()
    for path, data in (("/webservices", stock), ("/mail-accounts", account), ("/configurations", config)):
        for closed, key in (
            (
                age_file.encrypted(data, passphrase=Secret(phrase)),
                {"Age-Passphrase": phrase.encode().decode("latin-1")},
            ),
            (age_file.encrypted(data, recipients=[str(identity.to_public())]), {"Age-Identity": str(identity)}),
        ):
            assert api.ask("POST", f"{path}/import", closed).code == "age_key_missing"
            wrong = {name: str(pyrage.x25519.Identity.generate()) for name in key}
            assert api.ask("POST", f"{path}/import", closed, **wrong).code == "age_key_wrong"
            done = api.ask("POST", f"{path}/import?overwrite=true", closed, **key)
            assert done.status == 200, done.json
            assert "cnry" not in done.response.content.decode()
            assert b"cnry" not in api.ask("GET", f"{path}/export").response.content
    assert password_of(api.ctx, find("Stock")) == Secret("cnry-pw")


def test_calls_that_wait_are_listed_begun_anew_and_forgotten(api: Api) -> None:
    invokers = {"write": {"Path": "/tickets", "Method": "POST"}}
    document = {"Name": "Tickets", "BaseURL": "https://tickets.example", "Invokers": invokers}
    where, other = (
        api.ask("POST", "/webservices", {"document": document | {"Name": name}}).headers["Location"][7:]
        for name in ("Tickets", "Other")
    )
    ctx, service_id = api.ctx, where.rpartition("/")[2]
    made = [jobs.prepared(ctx, service_id, "write", {"a": "cnry-data"}, "test") for _ in range(2)]
    ctx.storage.write(lambda cursor: [jobs.insert(cursor, each) for each in made])
    WebServiceJob.objects.filter(id=made[0].job_id).update(state="given-up", tries=3, error="It answered 500.")

    listed = api.ask("GET", f"{where}/jobs")
    assert {(each["id"], each["state"], each["tries"], each["next_at"] is None) for each in listed.json} == {
        (made[0].job_id, "given-up", 3, True),
        (made[1].job_id, "waiting", 0, False),
    }
    assert "cnry-data" not in listed.response.content.decode()
    given_up = f"/jobs/{made[0].job_id}"
    assert api.ask("POST", f"{other}{given_up}/retry").code == "job_not_found", "another service's"
    assert api.ask("POST", f"{where}{given_up}/retry").status == 202
    assert {(each["state"], each["tries"]) for each in api.ask("GET", f"{where}/jobs").json} == {("waiting", 0)}
    assert api.ask("DELETE", f"{where}{given_up}").status == 204
    assert api.ask("DELETE", f"{where}{given_up}").code == "job_not_found"
    assert api.ask("POST", f"{where}/jobs/%00/retry").code == "job_not_found"
    assert [each["id"] for each in api.ask("GET", f"{where}/jobs").json] == [made[1].job_id]
    assert api.ask("GET", f"/webservices/{NOBODY}/jobs").code == "webservice_not_found"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/mail-accounts/export"),
        ("POST", "/mail-accounts/import"),
        ("POST", "/mail-accounts/{mail}/test"),
        ("GET", "/mail-accounts/{mail}/tests"),
        ("POST", "/mail-accounts/{mail}/signing-secret"),
        ("GET", "/webservices/export"),
        ("POST", "/webservices/import"),
        ("GET", "/webservices/any/jobs"),
        ("POST", "/webservices/any/jobs/any/retry"),
        ("DELETE", "/webservices/any/jobs/any"),
    ],
)
def test_a_key_for_some_names_has_no_business_there(api: Api, account: str, method: str, path: str) -> None:
    """SEC-45."""
    limited = api.new_key("limited", "Sales*")
    path = path.format(mail=account.rpartition("/")[2])
    assert api.ask(method, path, b"[]" if "import" in path else None, key=limited).code == "key_limited"
