"""A token goes to no mail server that nobody has confirmed: what holds and releases a mail account (SEC-62)."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bursar.context import Context
from bursar.errors import PersonMustAct, Temporary
from bursar.keyring import Secret
from bursar.mail import now
from bursar.mail.account import AccountType
from bursar.mail.accounts import NewAccount, add, find, target_of
from bursar.mail.change import amended, as_new, change, set_validity
from bursar.mail.fetch import fetch_account
from bursar.mail.hold import confirm
from bursar.mail.looking import look_of
from bursar.mail.models import MailAccount
from bursar.mail.probe import probe
from bursar.mail.schedule import due
from bursar.mail.transfer import import_accounts
from bursar.testing import FakeClock, FakeProvider
from bursar.tokens.models import Configuration, Upload
from tests.integration.fake_imap import FakeImap
from tests.unit.api_scene import Api
from tests.unit.web_pages import PASSWORD, confirm_held
from tests.unit.webservice_scene import configure

if TYPE_CHECKING:
    from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "Mailboxes"
SERVER = "imap.kestrel.example"
GIVEN: dict[str, Any] = {"login": "a@kestrel.example", "deliver": "maildir:/tmp/x", "token": TOKEN}


@pytest.fixture
def configured(ctx: Context, provider: FakeProvider) -> None:
    configure(ctx, provider, TOKEN)


def account(ctx: Context, name: str = "Support", *, release: bool = True, **changed: Any) -> MailAccount:
    new = NewAccount(**{"name": name, "host": SERVER, "type": AccountType.IMAPS, **GIVEN, **changed})
    return add(ctx, new, "t", release=release)


def changed(ctx: Context, row: MailAccount, **what: Any) -> MailAccount:
    return change(ctx, row, amended(row, what), "t")


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    "what",
    [
        {"host": "imap.elsewhere.example"},
        {"port": 1993},
        {"type": AccountType.POP3S},
        {"ca_file": __file__},
        {"token": "Others"},
    ],
)
def test_a_token_goes_to_no_other_server(ctx: Context, provider: FakeProvider, what: dict[str, Any]) -> None:
    """SEC-62: held as it was given; no other change releases it, and going back to what is confirmed neither."""
    configure(ctx, provider, "Others")
    row = account(ctx)
    assert not changed(ctx, row, comment="x", login="b@kestrel.example", folder="Other").held
    row = changed(ctx, find("Support"), **what)
    assert row.held
    assert set_validity(ctx, row, "valid", "t").held
    row = find("Support")
    with pytest.raises(Temporary):
        confirm(ctx, row, "t", seen=row.generation - 1)
    confirm(ctx, row, "t", seen=row.generation)
    assert not find("Support").held


@pytest.mark.usefixtures("configured")
def test_the_provider_s_own_servers_need_no_word(ctx: Context) -> None:
    """SEC-62: but with an authority of one's own, at an odd port, or for another provider they are no one's."""
    Configuration.objects.filter(name=TOKEN).update(template="google-mail")
    google: dict[str, Any] = {"host": "IMAP.gmail.com", "release": False}
    assert not account(ctx, "imap", **google).held
    assert not account(ctx, "pop", host="pop.gmail.com", type=AccountType.POP3S, release=False).held
    assert not account(ctx, "suggested", host=None, release=False).held
    assert account(ctx, "authority", ca_file=__file__, **google).held
    assert account(ctx, "port", port=1993, **google).held
    assert account(ctx, "like", host="imap.gmail.com.evil.example", release=False).held
    assert account(ctx, "other", host="outlook.office365.com", release=False).held


@pytest.mark.usefixtures("configured")
def test_a_server_is_confirmed_once_for_all_mailboxes_of_a_configuration(ctx: Context) -> None:
    assert account(ctx, "first", release=False).held
    assert account(ctx, "second", release=False, token=f"{TOKEN}#two").held, "who is held confirms nothing"
    assert account(ctx, "elsewhere", release=False, port=1993).held
    assert account(ctx, "plain", release=False, type=AccountType.IMAP, port=993).held
    row = find("first")
    assert [each.name for each in confirm(ctx, row, "t", seen=row.generation)] == ["second"]
    assert [find(name).held for name in ("first", "second", "elsewhere", "plain")] == [False, False, True, True]
    assert not account(ctx, "third", release=False, token=f"{TOKEN}#three", host=f"{SERVER.upper()}.").held
    password = Secret("cnry")
    assert not account(ctx, "fourth", release=False, host="h.example", token=None, password=password).held


@pytest.mark.usefixtures("configured")
def test_an_account_that_is_held_logs_in_nowhere(ctx: Context, provider: FakeProvider, clock: FakeClock) -> None:
    """SEC-62: no run, no clock, no test sends its token, and none is even asked for."""

    server = FakeImap({})
    try:
        row = account(ctx, release=False, host="localhost", port=server.port, type=AccountType.IMAP)
        assert row.held
        result = fetch_account(ctx, row)
        assert isinstance(result.error, PersonMustAct)
        assert result.error.code == "account_held"
        assert "`bursar mail confirm 'Support'`" in result.error.action
        with pytest.raises(PersonMustAct):
            now.begin(ctx, row)
        clock.advance(3600)
        assert due(ctx, 10) == []
        assert server.connections == 0
        *_, last = probe(ctx, target_of(ctx, row), row.folder, look_of(ctx, row))
        assert (last.step, last.error and last.error.code) == ("token", "account_held")
        assert (server.logins, provider.token_requests()) == ([], [])
        confirm(ctx, row, "t", seen=row.generation)
        assert len(due(ctx, 10)) == 1
        assert fetch_account(ctx, find("Support")).error is None
    finally:
        server.close()


@pytest.mark.usefixtures("configured")
def test_a_file_leads_no_token_elsewhere(ctx: Context) -> None:
    """SEC-62: neither a new account of it nor one that it overwrites."""
    text = f"- {{Name: New, Host: {SERVER}, Login: a@b.example, Token: {TOKEN}, Deliver: 'maildir:/tmp/x'}}"

    def bring(text: str, **how: bool) -> list[str]:
        usual = {"overwrite": True, "dry_run": False}
        return import_accounts(ctx, text.encode(), "f.yml", by="t", **usual | how).held

    result = import_accounts(ctx, text.encode(), "f.yml", by="t", overwrite=False, dry_run=True)
    assert result.held == ["New"]
    assert {each.path: each.after for each in result.entries[0].differences} == {
        "Host": SERVER,
        "Port": "993",
        "Token": TOKEN,
    }
    assert bring(text, release=True) == []
    assert bring(text.replace("New", "Second")) == []
    assert bring(text.replace(SERVER, "elsewhere.example")) == ["New"]
    assert bring(text.replace(SERVER, "elsewhere.example")) == [], "nothing of it changes"
    assert find("New").held


@pytest.mark.usefixtures("configured")
def test_a_program_can_hold_but_not_release(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-62: an API key leads no token elsewhere, and releases nothing."""
    monkeypatch.setattr("bursar.app._context", ctx)
    api = Api(ctx)
    made = api.ask("POST", "/mail-accounts", {"name": "Support", "host": SERVER, **GIVEN})
    assert (made.status, made.json["held"]) == (201, True)
    where = f"/mail-accounts/{made.json['id']}"
    assert api.ask("POST", f"{where}/fetch").code == "account_held"
    row = find("Support")
    confirm(ctx, row, "t", seen=row.generation)
    assert api.ask("PATCH", where, {"comment": "x"}).json["held"] is False
    moved = api.ask("PATCH", where, {"type": "POP3S", "ca": __file__}).json
    assert (moved["held"], moved["port"], moved["folder"], moved["ca"]) == (True, 995, "", __file__)


def test_the_form_asks_before_and_the_password_decides(
    pages: "Pages", provider: FakeProvider, clock: FakeClock
) -> None:
    """SEC-62, SEC-43."""
    configure(pages.ctx, provider, TOKEN)
    row = account(pages.ctx)
    admin = pages.admin
    admin.get("/mail")
    clock.advance(301)
    form = {"Name": "Support", "Validity": "valid", "Login": "a@kestrel.example", "Auth": "token", "Token": TOKEN}
    form |= {"Type": "IMAPS", "Host": "elsewhere.example", "Interval": "5m", "After": "delete"}
    form |= {"Deliver": "maildir:/tmp/x", "Folder": "INBOX", "seen": str(row.generation)}
    where = f"/mail/{row.id}/edit"
    asked = admin.post(where, form)
    html = asked.content.decode()
    assert asked.status_code == 200
    assert "Bursar would send the token where nobody has confirmed it" in html
    assert f"<del><code>{SERVER}</code></del>" in html
    answered = form | {"moves": html.split('name="moves" value="')[1].split('"')[0], "moved": "confirm"}
    assert admin.post(where, answered | {"current_password": "wrong"}).status_code == 422
    assert find("Support").generation == row.generation
    assert admin.post(where, answered | {"moved": "hold", "current_password": PASSWORD}).status_code == 303
    row = find("Support")
    assert row.held
    for path in ("/tokens", "/mail", f"/mail/{row.id}"):
        page = admin.get(path).content.decode()
        assert f"/mail/{row.id}/confirm" in page, path
        assert "obody has confirmed" in page, path
    clock.advance(301)
    assert "elsewhere.example:993" in admin.get(f"/mail/{row.id}/confirm").content.decode()
    confirm_held(pages, admin, f"/mail/{row.id}", row.generation, lambda: find("Support").held)
    clock.advance(301)
    new = form | {"Name": "New", "Host": "third.example"}
    assert "where nobody has confirmed it" in admin.post("/mail/add", new).content.decode()
    assert not MailAccount.objects.filter(name="New").exists()


def test_a_file_s_accounts_are_released_with_the_password_alone(
    pages: "Pages", provider: FakeProvider, clock: FakeClock
) -> None:
    """SEC-62, SEC-43."""
    configure(pages.ctx, provider, TOKEN)
    text = f"- {{Name: New, Host: {SERVER}, Login: a@b.example, Token: {TOKEN}, Deliver: 'maildir:/tmp/x'}}"
    admin = pages.admin
    admin.get("/mail")
    admin.post("/mail/import", {"file": SimpleUploadedFile("f.yml", text.encode())})
    upload = Upload.objects.get()
    preview = f"/mail/import/{upload.id}"
    assert "1 entry would send its token" in admin.get(preview).content.decode()
    clock.advance(301)
    wanted = {"action": "import", "release": "on"}
    assert admin.post(preview, wanted).status_code == 422
    assert not MailAccount.objects.exists()
    assert admin.post(preview, wanted | {"current_password": PASSWORD}).status_code == 303
    assert not find("New").held


def test_only_what_is_not_said_otherwise_is_kept(ctx: Context, provider: FakeProvider) -> None:
    """Another type brings its own port, unless one is given."""
    configure(ctx, provider, TOKEN)
    row = account(ctx, port=1993)
    assert amended(row, {"type": AccountType.IMAPTLS}).port == 143
    assert amended(row, {"type": AccountType.IMAPS}).port == 1993
    assert amended(row, {"type": AccountType.POP3S, "port": 7}) == replace(
        as_new(row), type=AccountType.POP3S, port=7, folder=None
    )
