"""Pages that an address alone doesn't show: something is sent, made or opened first, by clicking as a person does."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.browser.scenes import CREDENTIALS
from tests.browser.test_pages import PASSWORD, Desk

Stage = Callable[[Desk], None]
PASSPHRASE = "four words in a file"
CALLBACK = "/otrs/get-oauth2-token-by-authorization-code.pl?state=of-nobody&code=nothing"
MAIL = """\
- Name: Invoices in Munich
  Type: IMAPS
  Host: imap.kestrel.example
  Login: invoices@kestrel.example
  Token: Support
  Deliver: maildir:/var/mail/kestrel
"""
SERVICE = """\
- Name: Tickets
  BaseURL: https://tickets.kestrel.example/api
  Authentication: OAuth2
  Token: Support
  Invokers:
    create: {Path: "/queues/:queue/tickets", Method: POST, Schedule: "0 6 * * *", Sample: {queue: 7, title: Printer}}
"""


def upload(desk: Desk, place: str, data: str | bytes, *, overwrite: bool = False) -> None:
    """Send a file to `place`, and wait for what is said of it."""
    desk.goto(f"{place}/import")
    content = data if isinstance(data, bytes) else data.encode()
    file = {"name": "from-znuny.yml", "mimeType": "application/yaml", "buffer": content}
    desk.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    if overwrite:
        desk.page.locator("input[name=overwrite]").check()
    desk.page.locator("main form:has(input[type=file]) button").first.click()
    desk.page.wait_for_url(re.compile(r"/import/.+"))


def _file(desk: Desk) -> str:
    """One name that is new, one that is there with another scope, one that would send a secret elsewhere."""
    there = desk.home.cli("config", "export", "--name", "Webshop orders", check=0).stdout
    moved = desk.home.cli("config", "export", "--name", "Helpdesk mailboxes", check=0).stdout
    new = CREDENTIALS.format(name="Support in Munich", host="sso.kestrel.example", template="")
    other = there.replace(".default", "Mail.Read")
    elsewhere = moved.replace("login.microsoftonline.com", "login.kestrel.example")
    assert other != there
    assert elsewhere != moved
    return new + "\n".join(each.removeprefix("---\n") for each in (other, elsewhere))


def dry_run(desk: Desk) -> None:
    upload(desk, "", _file(desk), overwrite=True)


def locked(desk: Desk) -> None:
    """What the export gives, encrypted with a passphrase, comes back."""
    desk.goto("/export")
    desk.page.locator("input[name=secrets][value=passphrase]").check()
    for name in ("passphrase", "again"):
        desk.page.locator(f"#{name}").fill(PASSPHRASE)
    with desk.page.expect_download() as begun:
        desk.page.locator("main form .btn.solid").click()
    _encrypted(desk).write_bytes(begun.value.path().read_bytes())
    upload(desk, "", _encrypted(desk).read_bytes())


def wrong_key(desk: Desk) -> None:
    upload(desk, "", _encrypted(desk).read_bytes())
    desk.page.get_by_label("Passphrase or age identity").fill("not this one")
    desk.page.get_by_role("button", name="Open and preview").click()
    desk.page.get_by_role("alert").wait_for()


def locked_of_mail(desk: Desk) -> None:
    upload(desk, "/mail", _encrypted(desk).read_bytes())


def _encrypted(desk: Desk) -> Path:
    return desk.home.path.parent / "export.age"


def result(desk: Desk) -> None:
    dry_run(desk)
    password = desk.page.locator("main input[name=current_password]")
    if password.count():
        password.fill(PASSWORD)
    desk.page.locator("main form[action$='/confirm'] .btn.solid").click()
    desk.page.locator(".tally").wait_for()


def mail_dry_run(desk: Desk) -> None:
    upload(desk, "/mail", MAIL)


def services_dry_run(desk: Desk) -> None:
    upload(desk, "/webservices", SERVICE.replace("Tickets", "Fleet") + SERVICE.replace("/api", "/v2"), overwrite=True)


def refused_file(desk: Desk) -> None:
    desk.goto("/import")
    file = {"name": "notes.yml", "mimeType": "application/yaml", "buffer": b"- Name: Half\n  Config: {}\n"}
    desk.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    desk.page.locator("main form:has(input[type=file]) button").first.click()
    desk.page.get_by_role("alert").wait_for()


def ticket(desk: Desk) -> None:
    desk.page.goto(desk.home.cli("token", "authorize", "Ticket archive", check=0).stdout.strip())


def join(desk: Desk) -> None:
    invited = desk.home.cli("people", "invite", "ada@kestrel.example", "--role", "auditor", check=0).stdout
    found = re.search(r"https?://\S+", invited)
    assert found is not None, invited
    desk.goto("/join/" + found[0].rpartition("/join/")[2])


def refused_callback(desk: Desk) -> None:
    desk.goto(CALLBACK)


def invitation(desk: Desk) -> None:
    desk.goto("/people/invite")
    desk.page.get_by_label("E-mail address").fill("grace@kestrel.example")
    _press(desk, "Make the link")


def new_key(desk: Desk) -> None:
    desk.goto("/keys/new")
    desk.page.locator("#name").fill("Mail gateway")
    desk.page.locator("#allow").fill("mail-*")
    _press(desk, "Make the key")


def colleague(desk: Desk) -> None:
    desk.goto(f"/tokens/{_id_of(desk, 'Ticket archive')}")
    desk.page.get_by_role("button", name="Make a link for a colleague").first.click()
    desk.page.get_by_role("heading", name="A link for a colleague").wait_for()


def moved(desk: Desk) -> None:
    """An address of a configuration that would go elsewhere, before the yes."""
    token = desk.home.sql("SELECT configuration_id FROM tokens_token WHERE id = '" + _id_of(desk, "Support") + "'")
    desk.goto(f"/configurations/{token[0][0]}/edit")
    field = desk.page.locator("input[name='Requests.TokenByRefreshToken.Request.URL']")
    field.evaluate(
        "field => { for (let e = field; e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true }"
    )
    field.fill("https://sso.kestrel.example/token")
    desk.page.locator("main form .btn.solid").first.click()
    desk.page.locator(".moves").wait_for()


def wrong_form(desk: Desk) -> None:
    desk.goto("/configurations/add/microsoft-exchange")
    desk.page.locator("main form .btn.solid").first.click()
    desk.page.locator("[aria-invalid=true]").first.wait_for()


def wrong_issuer(desk: Desk) -> None:
    desk.goto("/configurations/add/discover")
    desk.page.locator("main form .btn.solid").first.click()
    desk.page.get_by_role("alert").wait_for()


def wrong_mail(desk: Desk) -> None:
    desk.goto("/mail/add")
    desk.page.locator("main form .btn.solid").first.click()
    desk.page.locator("[aria-invalid=true]").first.wait_for()


def ticked(desk: Desk) -> None:
    desk.goto("/tokens")
    desk.page.locator("tr[id^='t-'] input[type=checkbox]").first.check()


def api_description(desk: Desk) -> None:
    desk.goto("/api/v1/docs")
    desk.page.locator(".api-one summary").nth(5).click()


def _press(desk: Desk, button: str) -> None:
    password = desk.page.locator("main input[name=current_password]")
    if password.count():
        password.fill(PASSWORD)
    desk.page.get_by_role("button", name=button).click()
    desk.page.locator(".copy").first.wait_for()


def _id_of(desk: Desk, name: str) -> str:
    rows = desk.home.sql(
        "SELECT t.id FROM tokens_token t JOIN tokens_configuration c ON c.id = t.configuration_id "
        f"WHERE c.name = '{name}' AND t.label = ''"
    )
    return str(rows[0][0])


# Name of the picture → the route whose page it is (empty: a state of one that is in the set anyway), and the way there.
STAGES: dict[str, tuple[str, Stage]] = {
    "import-dry-run": ("import/<str:upload_id>", dry_run),
    "import-locked": ("", locked),
    "import-locked-wrong-key": ("", wrong_key),
    "import-result": ("", result),
    "import-refused": ("", refused_file),
    "mail-import-dry-run": ("mail/import/<str:upload_id>", mail_dry_run),
    "mail-import-locked": ("", locked_of_mail),
    "webservices-import-dry-run": ("webservices/import/<str:upload_id>", services_dry_run),
    "authorize-ticket": ("authorize/<str:ticket>", ticket),
    "join": ("join/<str:token>", join),
    "callback-result": ("callback/result", refused_callback),
    "people-invited": ("", invitation),
    "keys-made": ("", new_key),
    "colleague-link": ("", colleague),
    "edit-moved": ("", moved),
    "add-form-wrong": ("", wrong_form),
    "discover-wrong": ("", wrong_issuer),
    "mail-add-wrong": ("", wrong_mail),
    "tokens-ticked": ("", ticked),
    "api-docs": ("api/v1/docs", api_description),
}
