"""The pages of mail accounts: who may do what, what is wrong and where, what is never shown."""

import re
import threading
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from bursar.context import Context
from bursar.errors import PersonMustAct
from bursar.keyring import Secret
from bursar.mail import now
from bursar.mail.accounts import NewAccount, add, find, password_of
from bursar.mail.lease import Lease
from bursar.mail.models import MailAccount, MailRun, MailTest
from bursar.mail.result import Result, keep
from bursar.mail.running import shown
from bursar.mail.schedule import plan_after
from bursar.testing import FakeClock
from bursar.tokens.models import Upload

if TYPE_CHECKING:
    from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {
    "Name": "Old",
    "Validity": "valid",
    "Login": "old@kestrel.example",
    "Auth": "password",
    "Password": "cnry-mail-password",
    "Type": "POP3S",
    "Host": "pop.kestrel.example",
    "Interval": "5m",
    "After": "leave",
    "Deliver": "maildir:/var/mail/old",
}


def account(ctx: Context, name: str = "Old", **changed: object) -> MailAccount:
    usual: dict[str, object] = {"login": "old@kestrel.example", "deliver": "maildir:/var/mail/old", "host": "h.example"}
    return add(ctx, NewAccount(name=name, password=Secret("cnry-mail-password"), **usual | changed), "test")  # type: ignore[arg-type]


def failed(ctx: Context, row: MailAccount) -> None:
    result = Result(
        row.name, error=PersonMustAct("The server refuses the login.", code="login_refused", action="Do it.")
    )
    keep(ctx, row.id, ctx.clock.now(), result)
    plan_after(ctx, row.id, result.error)


def test_an_empty_list_says_what_it_is_for(pages: "Pages") -> None:
    assert "There is no mail account yet." in pages.admin.get("/mail").content.decode()
    assert "Add mail account" not in pages.auditor.get("/mail").content.decode()


def test_an_account_is_added_by_the_form_and_its_password_shown_nowhere(pages: "Pages") -> None:
    """SEC-31."""
    answer = pages.admin.post("/mail/add", FORM)
    row = find("Old")
    assert (answer.status_code, answer["Location"]) == (303, f"/mail/{row.id}")
    assert (row.type, row.port, row.folder, row.interval, row.after) == ("POP3S", 995, "", 300, "leave")
    stored = password_of(pages.ctx, row)
    assert stored is not None
    assert stored.reveal() == "cnry-mail-password"
    for path in ("/mail", "/mail/rows", *(f"/mail/{row.id}{rest}" for rest in ("", "/edit", "/test", "/delete"))):
        page = pages.admin.get(path).content.decode()
        assert "cnry-mail" not in page
        assert "Old" in page or path.endswith("rows")


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"Name": ""}, "Name", "Enter a name."),
        ({"Login": "a\tb"}, "Login", "control characters"),
        ({"Password": ""}, "Password", "Enter the password."),
        ({"Auth": "token"}, "Token", "Choose the token"),
        ({"Auth": "token", "Token": "Nobody"}, "Token", "no token configuration"),
        ({"Port": "70000"}, "Port", "from 1 to 65535"),
        ({"Host": "a b"}, "Host", "no host name"),
        ({"Host": ""}, "Host", "Enter its host name"),
        ({"CA": "/nowhere"}, "CA", "There is no file /nowhere"),
        ({"Interval": "1s"}, "Interval", "10 seconds"),
        ({"After": "move"}, "MoveTo", "Enter the folder"),
        ({"After": "seen"}, "After", "knows neither marks nor folders"),
        ({"Type": "MSGraph"}, "Auth", "no password"),
        ({"Deliver": "burn:/x"}, "Deliver", "deliver to"),
        ({"ByRecipient": "a@b"}, "ByRecipient", "Line 1"),
        ({"ByRecipient": "a@b maildir:/x\nA@b maildir:/y"}, "ByRecipient", "Line 2: a@b is there already"),
        ({"ByRecipient": "a@b maildir:x"}, "", "not an absolute path"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    pages: "Pages", changed: dict[str, str], field: str, said: str
) -> None:
    answer = pages.admin.post("/mail/add", FORM | changed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "--" not in page.partition('class="wrong"')[2].partition("</div>")[0]
    if field:
        assert f'id="f-{field}-error"' in page
    assert "cnry-mail" not in page
    assert MailAccount.objects.count() == 0


def test_a_change_keeps_the_password_and_one_against_an_old_state_changes_nothing(pages: "Pages") -> None:
    row = account(pages.ctx, interval=0)
    kept = FORM | {"Password": "", "Host": "h.example", "Type": "IMAPS", "Comment": "x", "Interval": "1h"}
    seen = {"seen": str(row.generation)}
    assert pages.admin.post(f"/mail/{row.id}/edit", kept | seen).status_code == 303
    row = find("Old")
    assert (row.comment, row.interval, row.type) == ("x", 3600, "IMAPS")
    assert password_of(pages.ctx, row) == Secret("cnry-mail-password")
    late = pages.admin.post(f"/mail/{row.id}/edit", kept | seen | {"Comment": "late"})
    assert late.status_code == 409
    assert find("Old").comment == "x"
    elsewhere = pages.admin.post(f"/mail/{row.id}/edit", kept | {"Host": "evil.example"})
    assert "Enter the password again" in elsewhere.content.decode()
    assert find("Old").host == "h.example"


def test_an_auditor_looks_and_changes_nothing(pages: "Pages") -> None:
    """SEC-42."""
    row = account(pages.ctx)
    for path in ("/mail", f"/mail/{row.id}", f"/mail/{row.id}/test"):
        assert pages.auditor.get(path).status_code == 200
    for path in ("/mail/add", *(f"/mail/{row.id}/{what}" for what in ("edit", "delete", "fetch", "test"))):
        assert pages.auditor.post(path, FORM).status_code == 403
    assert (MailAccount.objects.count(), MailTest.objects.count(), MailRun.objects.count()) == (1, 0, 0)


def test_an_account_in_trouble_is_noticed_on_every_page_and_counted(pages: "Pages") -> None:
    one, two = account(pages.ctx, "One"), account(pages.ctx, "Two")
    failed(pages.ctx, one)
    page = pages.admin.get("/settings").content.decode()
    assert "One: The server refuses the login." in page
    assert "1 needs you" in page
    assert f'href="/mail/{one.id}/test"' in page
    failed(pages.ctx, two)
    page = pages.admin.get("/settings").content.decode()
    assert "One and one more at h.example" in page
    assert "2 need you" in page
    listed = pages.admin.get("/mail").content.decode()
    assert listed.count("row-now") == 2
    own = pages.admin.get(f"/mail/{one.id}").content.decode()
    assert "Do it." in own
    keep(pages.ctx, one.id, pages.ctx.clock.now(), Result("One", fetched=1, delivered=1))
    plan_after(pages.ctx, one.id, None)
    assert "Two: The server" in pages.admin.get("/settings").content.decode()


def test_a_run_under_way_is_shown_with_its_count_and_asked_for_again(pages: "Pages") -> None:
    row = account(pages.ctx)
    with shown(row.id, Result("Old", fetched=7)):
        page = pages.admin.get(f"/mail/{row.id}/progress").content.decode()
        assert "7 messages transferred so far" in page
        assert 'hx-trigger="load delay' in page
    page = pages.admin.get(f"/mail/{row.id}/progress?live=1").content.decode()
    assert "live=2" in page
    assert "hx-get" not in pages.admin.get(f"/mail/{row.id}/progress?live=4").content.decode()
    assert "hx-get" not in pages.admin.get(f"/mail/{row.id}").content.decode().partition('id="live"')[2]


def test_fetching_now_begins_one_run_an_account_and_few_in_all(pages: "Pages", monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [account(pages.ctx, f"Box {number}") for number in range(3)]
    running, end, begun = threading.Event(), threading.Event(), []

    def run(_: Context, row: MailAccount, **__: object) -> None:
        begun.append(row.name)
        running.set()
        end.wait(20)

    monkeypatch.setattr(now, "fetch_account", run)
    monkeypatch.setattr(now, "MOST", 2)
    said = [pages.admin.post(f"/mail/{row.id}/fetch", follow=True).content.decode() for row in (rows[0], *rows)]
    end.set()
    assert "is being collected already" in said[1]
    assert "are being collected on demand just now" in said[3]
    assert sorted(begun) == ["Box 0", "Box 1"]


def test_a_run_of_another_process_is_not_begun_again(pages: "Pages") -> None:
    row = account(pages.ctx)
    assert Lease(pages.ctx, row.id).claim()
    assert "is being collected already" in pages.admin.post(f"/mail/{row.id}/fetch", follow=True).content.decode()


def test_deleting_asks_once_more(pages: "Pages") -> None:
    row = account(pages.ctx)
    assert "Delete Old" in pages.admin.get(f"/mail/{row.id}/delete").content.decode()
    assert MailAccount.objects.count() == 1
    pages.admin.post(f"/mail/{row.id}/delete")
    assert MailAccount.objects.count() == 0
    assert pages.admin.get(f"/mail/{row.id}").status_code == 404


def test_accounts_travel_as_yaml_without_their_passwords(pages: "Pages") -> None:
    """SEC-31, SEC-43: passwords leave only for the password; what is brought in is looked at first."""
    account(pages.ctx)
    text = pages.admin.post("/mail/export", {"secrets": "none"}).content
    assert b"Name: Old" in text
    assert b"cnry" not in text
    assert b"cnry" in pages.admin.post("/mail/export", {"secrets": "clear"}).content
    assert pages.auditor.post("/mail/export", {"secrets": "clear"}).status_code == 403

    def send(data: bytes, **more: str) -> str:
        file = SimpleUploadedFile("accounts.yml", data)
        return pages.admin.post("/mail/import", {"file": file, **more}, follow=True).content.decode()

    assert "There is nothing to import" in send(text, overwrite="on")
    other = text.replace(b"Name: Old", b"Name: New") + b"  Password: cnry-other\n"
    changed = send(text.replace(b"Interval: 5m", b"Interval: 1h") + other, overwrite="on")
    assert "<del>" in changed
    assert "Overwritten" in changed
    page = send(text.replace(b"Interval: 5m", b"Interval: 1h") + other)
    assert "cnry" not in page
    assert MailAccount.objects.count() == 1
    where = f"/mail/import/{Upload.objects.get().id}"
    assert "1 is imported." in pages.admin.post(where, {"action": "import"}, follow=True).content.decode()
    assert MailAccount.objects.count() == 2
    assert "and nothing was changed" in send(b"- Colour: red")
    assert "Choose a file first." in pages.admin.post("/mail/import", {}).content.decode()


def test_passwords_travel_encrypted_with_age(pages: "Pages", clock: FakeClock) -> None:
    """SEC-60, SEC-43: by a passphrase or for recipients, and back; the file waits closed until its key is given."""
    row = account(pages.ctx)
    admin, phrase = pages.admin, "several words in a row"
    chosen = {"secrets": "passphrase", "passphrase": phrase, "again": phrase}
    differ = admin.post("/mail/export", chosen | {"again": "x"})
    assert (differ.status_code, "The two passphrases differ." in differ.content.decode()) == (422, True)
    assert admin.post("/mail/export", {"secrets": "recipient", "recipients": "nobody"}).status_code == 422
    given = admin.post("/mail/export", chosen)
    assert given["Content-Disposition"].endswith('.yml.age"')
    assert b"cnry-mail-password" not in given.content
    clock.advance(301)
    assert admin.post("/mail/export", chosen).status_code == 422, "the password is asked for again"
    row.delete()
    admin.post("/mail/import", {"file": SimpleUploadedFile("a.yml.age", given.content)})
    where = f"/mail/import/{Upload.objects.get().id}"
    assert "a.yml.age is encrypted" in admin.get(where).content.decode()
    assert admin.post(where, {"action": "import"}).status_code == 422, "nothing is imported that nobody has seen"
    wrong = admin.post(where, {"action": "unlock", "key": "another phrase here"})
    assert "This passphrase doesn" in wrong.content.decode()
    assert admin.post(where, {"action": "unlock", "key": phrase}).status_code == 303
    page = admin.get(where).content.decode()
    assert "Import of a.yml.age" in page
    assert "cnry" not in page
    assert admin.post(where, {"action": "import"}).status_code == 303
    assert password_of(pages.ctx, find("Old")) == Secret("cnry-mail-password")
    admin.post("/mail/import", {"file": SimpleUploadedFile("a.yml.age", given.content)})
    admin.post(f"/mail/import/{Upload.objects.get().id}", {"action": "discard"})
    assert not Upload.objects.exists()


def test_many_accounts_are_shown_in_pages_those_in_need_first_and_found_by_words(pages: "Pages") -> None:
    now = pages.ctx.clock.now()
    values = {"type": "IMAPS", "port": 993, "deliver": "maildir:/x", "created_at": now}
    for number in range(60):
        row = MailAccount.objects.create(name=f"A{number:02}", host=f"h{number}.example", login="l", **values)
        if number in (7, 58):
            run = {"fetched": 0, "delivered": 0, "skipped": 0, "started_at": now, "finished_at": now}
            MailRun.objects.create(account=row, error_code="x", error_sentence="No.", needs_person=number == 58, **run)
    MailAccount.objects.filter(name="A03").update(validity="invalid")

    def names(query: str) -> list[str]:
        html = pages.admin.get(f"/mail/rows{query}").content.decode()
        return re.findall(r'<a class="name" href="[^"]*">(A\d\d)</a>', html)

    first, second = names(""), names("?page=2")
    assert (first[:3], len(first), second[-1], len(second)) == (["A58", "A07", "A00"], 50, "A03", 10)
    assert sorted(first + second) == [f"A{number:02}" for number in range(60)]
    assert names("?page=99") == second
    assert names("?q=h59.EXAMPLE+a") == ["A59"]
    assert "Clear the search" in pages.admin.get("/mail?q=nothing").content.decode()
