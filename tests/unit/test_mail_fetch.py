"""What a run leaves behind that met something nobody thought of."""

import logging

import pytest

from bursar.context import Context
from bursar.errors import InvalidInput
from bursar.mail import fetch
from bursar.mail.account import AccountType
from bursar.mail.accounts import NewAccount, complete
from bursar.mail.models import MailAccount, MailRun
from bursar.testing import FakeClock


@pytest.mark.django_db(transaction=True)
def test_a_surprise_is_in_the_log_of_the_run_and_the_account_waits_longer(
    ctx: Context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-59: a message that trips a parser must not stop a mailbox in silence."""
    account = MailAccount.objects.create(
        name="a",
        type="IMAPS",
        host="h",
        port=1,
        login="l",
        deliver="maildir:/x",
        interval=60,
        created_at=FakeClock().now(),
    )

    def trip(*_: object) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(fetch, "_collect", trip)
    with caplog.at_level(logging.ERROR):
        results = [fetch.fetch_account(ctx, account) for _ in range(2)]
    assert [result.error and result.error.code for result in results] == ["unexpected"] * 2, "the lease is free again"
    sentences = MailRun.objects.filter(account=account).values_list("error_sentence", flat=True)
    assert all(sentence.startswith("Bursar met") for sentence in sentences)
    account.refresh_from_db()
    assert account.failures == 2
    assert "ValueError: odd" in caplog.text


def test_a_comment_has_lines_and_no_other_control_characters() -> None:
    account = NewAccount("a", "l", "maildir:/x", AccountType.IMAPS, comment="a\0")
    with pytest.raises(InvalidInput, match="--comment"):
        complete(account)
