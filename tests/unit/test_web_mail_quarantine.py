"""What a destination refused, and the secret that webhooks are signed with, in the browser."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bursar.keyring import Secret
from bursar.mail.accounts import NewAccount, add, find
from bursar.mail.change import as_new, change
from bursar.mail.ledger import Ledger, Refused
from bursar.mail.models import MailAccount
from bursar.mail.quarantine import quarantined
from bursar.mail.signing import signing_secret
from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def account(pages: Pages) -> MailAccount:
    new = NewAccount(
        name="Support",
        login="support@kestrel.example",
        host="mail.kestrel.example",
        password=Secret("a password"),
        deliver="webhook:https://tickets.kestrel.example/mail",
    )
    made = add(pages.ctx, new, "test")
    ledger = Ledger(pages.ctx, made.id, "INBOX", "7")
    ledger.refuse("1", "id-1", Refused("UID 1", "Jana <jana@x.example>", HOSTILE, 2048, "the webhook answers 410"))
    ledger.refuse("2", "id-2", Refused("UID 2", "", "", 10, "the webhook answers 413"))
    return made


def test_messages_are_named_with_their_reasons_and_tried_again_one_by_one(pages: Pages, account: MailAccount) -> None:
    where = f"/mail/{account.id}/quarantine"
    assert "2 messages in quarantine" in pages.admin.get(f"/mail/{account.id}").content.decode()
    page = pages.admin.get(where).content.decode()
    assert "the webhook answers 410" in page
    assert "UID 1" in page
    assert HOSTILE not in page
    first = min(quarantined("Support"), key=lambda held: held.id)
    answer = pages.admin.post(where, {"message": str(first.id)})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/mail/{account.id}")
    assert [held.place for held in quarantined()] == ["UID 2"]
    assert pages.admin.post(where, {"message": "x"}).status_code == 400
    assert pages.admin.post(where, {"message": str(first.id)}).headers["Location"] == where
    pages.admin.post(where)
    assert quarantined() == []
    assert "Nothing is in quarantine." in pages.admin.get(where).content.decode()


def test_an_auditor_looks_and_changes_nothing(pages: Pages, account: MailAccount) -> None:
    """SEC-42."""
    where = f"/mail/{account.id}/quarantine"
    assert "Try again" not in pages.auditor.get(where).content.decode()
    assert pages.auditor.post(where).status_code == 403
    assert pages.auditor.get(f"/mail/{account.id}/signing-secret").status_code == 403
    assert len(quarantined()) == 2


def test_another_destination_releases_what_the_old_one_refused(
    pages: Pages, account: MailAccount, tmp_path: Path
) -> None:
    kept = change(pages.ctx, find("Support"), replace(as_new(account), comment="new"), "test")
    assert len(quarantined()) == 2, "another comment is no other destination"
    change(pages.ctx, kept, replace(as_new(kept), deliver=f"maildir:{tmp_path}/mail"), "test")
    assert quarantined() == []


def test_the_signing_secret_is_shown_once(pages: Pages, account: MailAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-41, SEC-43."""
    where = f"/mail/{account.id}/signing-secret"
    assert "posts nothing" in pages.admin.get(where).content.decode()
    shown = set(re.findall(r"whsec_[A-Za-z0-9+/=]+", pages.admin.post(where).content.decode().replace("<wbr>", "")))
    assert shown == {signing_secret(pages.ctx, account.id).reveal()}
    for path in (where, f"/mail/{account.id}", "/mail"):
        assert "whsec_" not in pages.admin.get(path).content.decode()
    monkeypatch.setattr("bursar.web.step_up.needs_password", lambda _: True)
    assert "whsec_" not in pages.admin.post(where).content.decode()
    assert shown == {signing_secret(pages.ctx, account.id).reveal()}
