"""Every field of a mail account is on the page, on the command line, in the API and in YAML, and means the same."""

import dataclasses
import json
from typing import TYPE_CHECKING

import pytest

from bursar.api.shapes.mail import MailAccountChange, NewMailAccount
from bursar.cli.mail import add as add_command
from bursar.cli.mail_change import set_ as set_command
from bursar.context import Context
from bursar.mail.accounts import NewAccount, find, view_of
from bursar.mail.transfer import KEYS, export_accounts, import_accounts
from bursar.web.mail.fields import specs
from tests.unit.api_scene import Api

if TYPE_CHECKING:
    from tests.unit.web_pages import Pages

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = {  # of NewAccount: option, member of the API, key of YAML, field of the form
    "name": ("name", "name", "Name", "Name"),
    "login": ("login", "login", "Login", "Login"),
    "deliver": ("deliver", "deliver", "Deliver", "Deliver"),
    "type": ("kind", "type", "Type", "Type"),
    "host": ("host", "host", "Host", "Host"),
    "port": ("port", "port", "Port", "Port"),
    "token": ("token", "token", "Token", "Token"),
    "password": ("password_file", "password", "Password", "Password"),
    "folder": ("folder", "folder", "Folder", "Folder"),
    "ca_file": ("ca", "ca", "CA", "CA"),
    "after": ("after", "after", "After", "After"),
    "trusted": ("trusted", "trusted", "Trusted", "Trusted"),
    "recipients": ("by_recipient", "recipients", "ByRecipient", "ByRecipient"),
    "validity": ("validity", "validity", "Validity", "Validity"),
    "comment": ("comment", "comment", "Comment", "Comment"),
    "interval": ("interval", "interval", "Interval", "Interval"),
}


def test_every_field_is_everywhere() -> None:
    assert {each.name for each in dataclasses.fields(NewAccount)} == set(FIELDS)
    options, members, keys, form = (set(names) for names in zip(*FIELDS.values(), strict=True))
    for command in (add_command, set_command):
        assert options - {"name"} <= {each.name for each in command.params}
    assert members == set(MailAccountChange.model_fields) == set(NewMailAccount.model_fields)
    assert keys == set(KEYS)
    assert form <= {each.path for each in specs(None, {})}


def test_what_is_told_to_one_is_shown_by_the_others(pages: "Pages", ctx: Context) -> None:
    """The same account by the API, by the form and by a file is the same account."""
    api = Api(ctx)
    table = {"sales@kestrel.example": "mbox:/var/mail/sales"}
    given = {
        "login": "old@kestrel.example",
        "deliver": "lmtp:mail.kestrel.example:24",
        "type": "IMAPTLS",
        "host": "imap.kestrel.example",
        "port": 1143,
        "password": "cnry",
        "folder": "INBOX/Tickets",
        "ca": __file__,
        "after": "move:Done",
        "trusted": True,
        "recipients": table,
        "validity": "invalid-temporarily",
        "comment": "of old",
        "interval": "1h",
    }
    assert api.ask("POST", "/mail-accounts", {"name": "by API", **given}).status == 201
    form = {FIELDS["ca_file" if name == "ca" else name][3]: value for name, value in given.items()}
    form |= {"Name": "by form", "Auth": "password", "After": "move", "MoveTo": "Done", "Trusted": "1"}
    form["ByRecipient"] = "sales@kestrel.example mbox:/var/mail/sales"
    assert pages.admin.post("/mail/add", form).status_code == 303
    text = export_accounts(ctx, ["by API"], with_passwords=True).replace("by API", "by file")
    import_accounts(ctx, text.encode(), "f.yml", overwrite=False, dry_run=False, by="t")
    shown = []
    for name in ("by API", "by form", "by file"):
        view = dataclasses.asdict(view_of(find(name)))
        shown.append({key: value for key, value in view.items() if key not in ("name", "created_at", "next_run_at")})
    assert shown[0] == shown[1] == shown[2]
    [listed] = api.ask("GET", "/mail-accounts?name=by%20form").json["items"]
    told = {key: value for key, value in given.items() if key != "password"}
    assert {key: listed[key] for key in told} == told
    assert "cnry" not in json.dumps(listed)
