"""What a person types is never cut, and no name shows as another one: each refused at its field, the input kept."""

import re
from typing import TYPE_CHECKING

import pytest

from bursar.access.invitations import invite
from bursar.access.key_rules import Rules, parse_allow, parse_verbs
from bursar.access.keys import new_key
from bursar.errors import InvalidInput
from bursar.mail.models import MailAccount
from bursar.tokens.models import Configuration
from bursar.tokens.transfer import import_documents
from bursar.unseen import unseen_sign
from bursar.webservices.models import WebService
from tests.browser.scenes import CREDENTIALS
from tests.unit.test_web_mail import FORM as MAIL
from tests.unit.test_web_webservices import FORM as SERVICE
from tests.unit.web_pages import Pages

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)

FAKED = "Support \u202egnp.exe"  # looks like "Support exe.png"
SAID = "U+202E RIGHT-TO-LEFT OVERRIDE"


def refused(client: "Client", address: str, form: dict[str, str], field: str) -> str:
    """The page that came back, up to the sentence at the field."""
    answer = client.post(address, form)
    html = answer.content.decode()
    assert answer.status_code == 422, address
    return html[html.index(f'id="f-{field}-error"') :][:400]


@pytest.mark.parametrize("name", ["Ada’s mail", "پست‌خانه", "דואר", "\U0001f469\u200d\U0001f4bb Desk", "Größe 1–2"])
def test_names_of_all_scripts_are_seen(name: str) -> None:
    assert unseen_sign(name) == ""


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u00ad", "\U000e0041", "\u3164"])
def test_what_nobody_sees_is_named_by_its_number(sign: str) -> None:
    assert unseen_sign(f"a{sign}b").startswith(f"U+{ord(sign):04X}")


def test_a_name_that_shows_as_another_one_is_refused_wherever_it_is_given(pages: Pages) -> None:
    """SEC-66."""
    pages.fill()
    token = pages.view("Support")
    for address, form, field in (("/webservices/add", SERVICE, "Name"), ("/mail/add", MAIL, "Name")):
        at_field = refused(pages.admin, address, form | {"Name": FAKED}, field)
        assert SAID in at_field
    edit = f"/configurations/{token.configuration_id}/edit"
    html = pages.admin.post(edit, {"Name": FAKED, "was:Name": "Support", "seen": "1"}).content.decode()
    assert SAID in html[html.index('id="f-Name-error"') :][:300]
    copied = pages.admin.post(f"/configurations/{token.configuration_id}/duplicate", {"Name": FAKED})
    assert SAID in copied.content.decode()
    labelled = pages.admin.post(f"/configurations/{token.configuration_id}/label", {"label": FAKED})
    assert labelled.status_code == 422
    file = CREDENTIALS.format(name=FAKED, host="sso.kestrel.example", template="").encode()
    with pytest.raises(InvalidInput, match="must not contain U\\+202E RIGHT-TO-LEFT OVERRIDE, which can't be seen"):
        import_documents(pages.ctx, file, "file.yml", overwrite=False, dry_run=False, by="test")
    for model in (Configuration, MailAccount, WebService):
        assert not model.objects.filter(name__contains="\u202e").exists()


@pytest.mark.parametrize(
    ("field", "length", "most"),
    [("Name", 4_001, 4000), ("BaseURL", 300_000, 4000), ("Comment", 4_001, 4000), ("Rest", 200_001, 200000)],
)
def test_a_long_text_of_a_web_service_is_refused_at_its_field_and_kept(
    pages: Pages, field: str, length: int, most: int
) -> None:
    text = "x" * (length - 1) + "!"
    answer = pages.admin.post("/webservices/add", SERVICE | {field: text})
    html = answer.content.decode()
    assert answer.status_code == 422
    said = html[html.index(f'id="f-{field}-error"') :][:300]
    assert f"Enter at most {most} characters." in said
    assert text in html, "the input is kept to its last character"
    assert not WebService.objects.exists()


def test_no_form_cuts_what_is_typed(pages: Pages) -> None:
    for address, form, name, length in (
        ("/mail/add", MAIL, "Comment", 4_001),
        ("/mail/add", MAIL, "ByRecipient", 400_001),
        ("/configurations/add/google-mail", {"action": "save"}, "Name", 100_001),
        ("/configurations/add/discover", {"action": "look"}, "issuer", 2_049),
        ("/configurations/add/discover", {"issuer": "https://login.microsoftonline.com/common/v2.0"}, "tenant", 201),
    ):
        text = "x" * (length - 1) + "!"
        answer = pages.admin.post(address, form | {name: text})
        html = answer.content.decode()
        assert (answer.status_code, text in html) == (422, True), (address, name)
        assert "Enter at most" in html or "is longer than" in html, (address, name)


def test_a_file_that_waits_no_longer_is_asked_for_again(pages: Pages) -> None:
    for place in ("", "/mail", "/webservices"):
        for language, said in (
            ("en", "This import has ended: a file waits half an hour, and a newer one takes its place. Choose"),
            ("de", "Dieser Import ist beendet: eine Datei wartet eine halbe Stunde"),
        ):
            answer = pages.admin.get(f"{place}/import/nothing", headers={"Accept-Language": language})
            html = answer.content.decode().replace("</li><li>", " ")
            assert answer.status_code == 404
            assert said in html
            assert 'type="file"' in html
            assert f'action="{place}/import"' in html
    assert pages.admin.post("/mail/import/nothing", {"action": "import"}).status_code == 404


def test_who_did_something_is_named_alike_on_every_page(pages: Pages) -> None:
    admin = pages.person("admin")
    rules = Rules(parse_allow(("*",)), parse_verbs("read"))
    made = new_key(pages.ctx, "Ticket system", rules, None, "cli:root")[0].id
    invite(pages.ctx, "new@kestrel.example", "auditor", "cli:root")
    pages.ctx.settings.set("PostMasterReconnectMessage", "41", admin.email, pages.ctx.clock.now())
    for address, said in (
        (f"/keys/{made}", "root on the command line"),
        ("/people", "by root on the command line"),
        ("/settings/PostMasterReconnectMessage", "The admin: default → 41"),
    ):
        html = " ".join(re.sub("<[^>]*>", " ", pages.admin.get(address).content.decode()).split())
        assert said in html, address
        assert "cli:root" not in html
