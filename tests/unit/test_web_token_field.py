"""Choosing a token: of few from a list, of many by typing, by which a page stays as small as it was."""

import re

import pytest

from bursar.mail.models import MailAccount
from bursar.tokens.models import Configuration, Token
from bursar.web import token_field
from tests.bench.many import fill_many
from tests.unit.web_pages import Pages

PLACES = ["/mail/add", "/webservices/add"]


def control(html: str) -> str:
    [found] = re.findall(r'<(select|input) [^>]*name="Token"', html)
    return str(found)


@pytest.mark.parametrize("place", PLACES)
def test_few_tokens_are_all_in_the_list_and_many_are_found_by_typing(
    pages: Pages, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_many(pages.ctx, 5, pages.ctx.clock.now())
    names = list(Configuration.objects.values_list("name", flat=True))
    html = pages.admin.get(place).content.decode()
    assert control(html) == "select"
    assert all(f'<option value="{name}"' in html for name in names)
    monkeypatch.setattr(token_field, "LISTED", 4)
    html = pages.admin.get(place).content.decode()
    assert control(html) == "input"
    assert not any(name in html for name in names)


def test_what_is_typed_finds_valid_tokens_with_the_servers_of_their_providers(pages: Pages) -> None:
    fill_many(pages.ctx, 30, pages.ctx.clock.now())
    configuration = Configuration.objects.order_by("id")[0]
    Configuration.objects.filter(pk=configuration.pk).update(
        name="Möwe <post>", folded="möwe <post>", template="google-mail"
    )
    Token.objects.create(configuration=configuration, label="two")

    def offered(typed: str) -> list[str]:
        html = pages.admin.get("/tokens/offered", {"Token": typed}).content.decode()
        return re.findall(r'<option value="([^"]*)"', html)

    assert offered("MÖWE <") == ["Möwe &lt;post&gt;", "Möwe &lt;post&gt;#two"]
    assert offered("möwe#two") == ["Möwe &lt;post&gt;#two"]
    assert len(offered("")) == token_field.OFFERED
    assert offered("nothing like it") == []
    Configuration.objects.filter(pk=configuration.pk).update(validity="invalid")
    assert offered("möwe") == [] or all("post" not in each for each in offered("möwe <post>"))
    assert pages.auditor.get("/tokens/offered").status_code == 403


def test_an_account_keeps_the_token_that_it_uses_whatever_became_of_it(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_many(pages.ctx, 5, pages.ctx.clock.now())
    account = MailAccount.objects.get()
    assert account.token is not None
    configuration = account.token.configuration
    Configuration.objects.filter(pk=configuration.pk).update(validity="invalid")
    html = pages.admin.get(f"/mail/{account.id}/edit").content.decode()
    assert f'<option value="{configuration.name}" selected>' in html
    monkeypatch.setattr(token_field, "LISTED", 2)
    html = pages.admin.get(f"/mail/{account.id}/edit").content.decode()
    assert re.search(rf'<input [^>]*name="Token" value="{configuration.name}"', html)


def test_a_token_that_is_not_there_is_said_at_the_field(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_field, "LISTED", 2)
    fill_many(pages.ctx, 5, pages.ctx.clock.now())
    sent = {
        "Name": "Support", "Login": "a@b.example", "Auth": "token", "Token": "Nobody", "Deliver": "maildir:/var/mail/x",
        "Type": "IMAPS", "Host": "imap.example", "After": "delete", "Interval": "5m", "Validity": "valid",
    }  # fmt: skip
    answer = pages.admin.post("/mail/add", sent)
    assert answer.status_code == 422
    assert 'value="Nobody"' in answer.content.decode()
    assert 'id="f-Token-error"' in answer.content.decode()
