"""The overview by its answers: notices as the flags say, search, pages, ticked rows; nothing where nothing changed."""

import re
from datetime import timedelta
from typing import Any

import pytest

from bursar.ids import new_id
from bursar.keyring import Place, Secret
from bursar.testing import FakeClock
from bursar.tokens import transfer
from bursar.tokens.models import Configuration, Token
from bursar.web.wording import clock
from bursar.webservices.models import WebService
from tests.browser import scenes
from tests.browser.scenes import CODE, CREDENTIALS
from tests.unit.web_pages import Pages


def add(pages: Pages, name: str, text: str = CODE, flags: tuple[int, int] = (0, 0), **columns: Any) -> Token:
    """A configuration with these notification flags, its token as given; `access` and `refresh` store one."""
    document = text.format(name=name, host="sso.example", template="")
    wanted = f"Notifications: {{NotifyOnExpiredToken: {flags[0]}, NotifyOnExpiredRefreshToken: {flags[1]}}}"
    document = re.sub(r"Notifications: .*", wanted, document)
    if "Notifications" not in document:
        document = document.replace("    Scope:", f"    {wanted}\n    Scope:")
    transfer.import_documents(pages.ctx, document.encode(), "t.yml", overwrite=False, dry_run=False, by="t")
    token = Token.objects.get(configuration__name=name)
    now = pages.ctx.clock.now()
    for column in ("access", "refresh"):
        if (ends := columns.pop(column, None)) is not None:
            sealed = pages.ctx.keyring.seal(Place("tokens_token", token.id, f"{column}_token"), Secret("x"))
            columns |= {f"{column}_token": sealed, "state": columns.get("state", "active")}
            columns["expires_at" if column == "access" else "refresh_expires_at"] = now + ends if ends else None
            columns.setdefault("issued_at", now - timedelta(hours=1))
    Token.objects.filter(pk=token.pk).update(**columns)
    token.refresh_from_db()
    return token


def notices(pages: Pages, path: str = "/tokens") -> list[str]:
    html = pages.admin.get(path).content.decode()
    [part] = re.findall(r'<\w+ id="notices".*?</(?:div|section)>', html, re.S) or [""]
    return [re.sub(r"<[^>]+>", "", line).strip() for line in re.findall(r"<p>(.*?)</p>", part, re.S)]


HOUR, DAYS = timedelta(hours=1), timedelta(days=90)
FLAGS = [
    ("no flag says nothing of an ended token", (0, 0), {"access": -HOUR, "refresh": DAYS, "due_at": None}, ""),
    ("an ended token", (1, 0), {"access": -HOUR, "refresh": DAYS, "due_at": None}, "X: The token has ended"),
    ("a token that lives", (1, 0), {"access": HOUR, "refresh": DAYS, "due_at": None}, ""),
    ("no token yet is expired", (1, 0), {}, "X has no token yet."),
    ("no token yet, and no flag", (0, 0), {}, ""),
    ("a revoked one has none", (1, 0), {"state": "revoked"}, "X was revoked."),
    ("an absent refresh token", (0, 1), {"access": DAYS}, "X: There is no refresh token."),
    ("a refresh token is there", (0, 1), {"access": HOUR, "refresh": timedelta(0)}, ""),
    ("an ended refresh token", (0, 1), {"access": HOUR, "refresh": -HOUR, "due_at": None}, "X: The refresh"),
    ("a refused one", (0, 1), {"refresh": DAYS, "access": HOUR, "state": "needs_authorization"}, "X: The refresh"),
    ("misconfigured, flags or not", (0, 0), {"state": "misconfigured", "error_sentence": "No.", "error_code": "x"},
     "X: No."),
    ("held, flags or not", (0, 0), {"access": HOUR, "refresh": DAYS, "held": True}, "X: An address was changed."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "flags", "columns", "fact"), FLAGS, ids=[case[0] for case in FLAGS])
def test_notices_are_as_the_flags_say_and_only_for_valid_configurations(
    pages: Pages, case: str, flags: tuple[int, int], columns: dict[str, Any], fact: str
) -> None:
    add(pages, "X", flags=flags, **columns)
    found = notices(pages)
    assert [line[: len(fact)] for line in found] == ([fact] if fact else [])
    Configuration.objects.update(validity="invalid-temporarily")
    assert notices(pages) == []


def test_an_absent_refresh_token_counts_only_where_one_could_be_used(pages: Pages) -> None:
    add(pages, "App", CREDENTIALS, flags=(0, 1), access=HOUR)
    assert notices(pages) == []


def test_thousands_of_notices_leave_the_page_small_and_elsewhere_one_stands_open(pages: Pages) -> None:
    first = add(pages, "Box 000", state="misconfigured", error_code="invalid_client", error_sentence="No.")
    model = Configuration.objects.get()
    rows = [
        Configuration(
            **{f.attname: getattr(model, f.attname) for f in model._meta.fields} | {"id": new_id(), "name": n}
        )
        for n in (f"Box {number:03}" for number in range(1, 200))
    ]
    Configuration.objects.bulk_create(rows)
    columns = {"state": "misconfigured", "error_code": "invalid_client", "error_sentence": "No."}
    Token.objects.bulk_create(Token(id=new_id(), configuration=row, **columns) for row in rows)
    html = pages.admin.get("/tokens").content.decode()
    assert html.count('class="notice now') == 20
    assert "180 more tokens have a notice." in html
    assert "1 to 50 of 200" in html
    assert "page 4 of 4" in pages.admin.get("/tokens?page=9").content.decode()
    elsewhere = pages.admin.get(f"/tokens/{first.id}/revoke").content.decode()
    assert elsewhere.count('class="notice now rest"') == 18  # its own is left out, and one stands open
    assert "200 need you" in elsewhere


def test_a_search_finds_by_every_word_wherever_it_stands(pages: Pages) -> None:
    token = add(pages, "Zürich Büro", access=HOUR, refresh=DAYS, account="Änne@example.org")
    Token.objects.create(id=new_id(), configuration_id=token.configuration_id, label="MÜNCHEN")
    from bursar.mail.models import MailAccount

    values = {"type": "IMAPS", "host": "h", "port": 993, "login": "l", "deliver": "maildir:/x"}
    MailAccount.objects.create(name="Poststelle ÖST", token=token, created_at=pages.ctx.clock.now(), **values)
    add(pages, "Other")

    def found(query: str) -> int:
        html = pages.admin.get("/tokens/rows", {"q": query}).content.decode()
        return len(re.findall(r'<tr role="row" id="t-', html))

    queries = {
        "ZÜRICH büro": 2,
        "b81d4f6e": 3,
        "sso.EXAMPLE": 3,
        "änne": 1,
        "ÄNNE": 1,
        "münchen": 1,
        "poststelle öst": 1,  # the one it uses, not the other of its configuration
    }
    queries |= {"zürich other": 0, "100%": 0, "' OR 1=1": 0}
    assert {query: found(query) for query in queries} == queries


def test_what_has_not_changed_is_not_sent_again(pages: Pages, clock: FakeClock) -> None:
    """The poll of every open overview."""
    clock.jump(-clock.now().second)
    token = add(pages, "X", access=HOUR + timedelta(seconds=30), refresh=DAYS)
    client = pages.admin
    html = client.get("/tokens").content.decode()
    clock.advance(1)
    [seal] = re.findall(r'data-seal="(\w+)"', html)
    same = client.get("/tokens/rows", headers={"If-None-Match": seal, "HX-Request": "true"})
    Token.objects.filter(pk=token.pk).update(state="retrying", error_sentence="It answers 503.", error_code="x")
    other = client.get("/tokens/rows", headers={"If-None-Match": seal, "HX-Request": "true"})
    assert (other.status_code, b"It answers 503." in other.content) == (200, True)
    assert same.status_code == 204
    assert client.get("/tokens/rows?sort=name", headers={"If-None-Match": seal}).status_code == 200


def test_ticked_rows_get_another_validity_together(pages: Pages) -> None:
    ids = [add(pages, name, access=HOUR, refresh=DAYS).id for name in ("A", "B", "C")]
    answer = pages.admin.post("/ticked/validity", {"id": ids[:2], "validity": "invalid"}, follow=True)
    assert "2 configurations are invalid." in answer.content.decode()
    assert sorted(Configuration.objects.values_list("name", "validity")) == [
        ("A", "invalid"),
        ("B", "invalid"),
        ("C", "valid"),
    ]
    wrong = pages.admin.post("/ticked/validity", {"id": ids, "validity": "perhaps"}, follow=True)
    assert "Choose a validity" in wrong.content.decode()
    assert pages.auditor.post("/ticked/validity", {"id": ids, "validity": "valid"}).status_code == 403
    assert pages.auditor.post("/ticked/refresh", {"id": ids}).status_code == 403


def test_ticked_rows_are_refreshed_together_and_failures_are_named(pages: Pages) -> None:
    ids = [add(pages, name).id for name in ("A", "B")]
    answer = pages.admin.post("/ticked/refresh", {"id": ids}, follow=True).content.decode()
    assert "0 tokens are new. 2 failed." in answer
    assert "A: There is no refresh token" in answer.replace("&quot;", '"') or "A: &quot;A&quot;" in answer
    assert "No row is ticked." in pages.admin.post("/ticked/refresh", follow=True).content.decode()


def test_each_token_has_its_own_users_and_rows_are_sorted_by_how_many(pages: Pages) -> None:
    token = add(pages, "Shared", CREDENTIALS, access=HOUR)
    box = Token.objects.create(id=new_id(), configuration_id=token.configuration_id, label="box")
    add(pages, "Alone", CREDENTIALS, access=HOUR)
    now = pages.ctx.clock.now()
    scenes._accounts(pages.ctx, "Box", box.id, 2)
    WebService.objects.create(name="Shop", document="{}", token=token, created_at=now)
    assert pages.view("Shared").used_by == ['web service "Shop"']
    assert pages.view("Shared#box").used_by == ['mail account "Box 1"', 'mail account "Box 2"']

    def order(query: str) -> list[str]:
        return re.findall(r'data-name="([^"]*)"', pages.admin.get(f"/tokens?{query}").content.decode())

    assert order("sort=users") == ["Alone", "Shared", "Shared#box"]
    assert order("sort=-users") == order("sort=-users&q=a") == ["Shared#box", "Shared", "Alone"]
    assert 'aria-sort="descending"' in pages.admin.get("/tokens?sort=-users").content.decode()
    # A cause that all tokens of a configuration have stops the users of all of them, whatever they are.
    Token.objects.filter(pk=token.pk).update(state="misconfigured", error_code="x", error_sentence="No.")
    assert notices(pages)[0] == f"Shared: No. One web service stops at {clock(now + HOUR, now)}."
    Token.objects.filter(pk=box.pk).update(state="misconfigured", error_code="x", error_sentence="No.")
    assert notices(pages)[0] == (
        f"Shared (2 tokens): No. 3 mail accounts and web services stop at {clock(now + HOUR, now)}."
    )
    assert "Box 2" in pages.admin.get(f"/configurations/{token.configuration_id}/delete").content.decode()


def test_a_row_that_is_not_valid_says_since_when_and_by_whom(pages: Pages) -> None:
    ids = [add(pages, name).id for name in ("A", "B")]
    Configuration.objects.filter(name="B").update(validity="invalid")  # as before there was a history
    pages.admin.post("/ticked/validity", {"id": [ids[0]], "validity": "invalid-temporarily"})
    html = pages.admin.get("/tokens").content.decode()
    row = html[html.index(f'id="t-{ids[0]}"') :].partition("</tr>")[0]
    assert "Invalid temporarily" in row
    assert re.search(r"since \d\d:\d\d", row)
    assert "Set by The admin." in row
    other = html[html.index(f'id="t-{ids[1]}"') :].partition("</tr>")[0]
    assert "since" not in other
    assert "Set by" not in other
    detail = pages.admin.get(f"/tokens/{ids[0]}").content.decode()
    assert "so Bursar does nothing with it. Set by The admin." in detail
