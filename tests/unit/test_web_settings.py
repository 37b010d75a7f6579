"""The system configuration by the pages."""

import pytest

from bursar.access.models import Person
from bursar.sysconfig.registry import SETTINGS
from bursar.testing import FakeClock
from bursar.tokens.models import Configuration
from bursar.web.setting_rows import DANGEROUS, setting_groups
from tests.unit.web_pages import PASSWORD, Pages, form_token

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "http://bursar.kestrel.example/otrs/get-oauth2-token-by-authorization-code.pl"
TIMEOUT = "/settings/WebUserAgent::Timeout"


def test_every_setting_is_shown_once_with_value_help_and_who_changed_it(pages: Pages) -> None:
    pages.ctx.settings.set("WebUserAgent::Timeout", "20", "cli:ada", pages.ctx.clock.now())
    for client in (pages.admin, pages.auditor):
        html = client.get("/settings").content.decode()
        for each in SETTINGS:
            assert html.count(f'id="s-{each.name.replace("::", "-")}"') == 1, each.name
        assert "set by ada on the command line" in html
        assert '<span class="type">seconds</span>' in html
        assert "<h2>Web services</h2>" in html
        assert "get-oauth2-token-by-authorization-code.pl" in html
    assert 'hx-get="/settings/FQDN"' in pages.admin.get("/settings").content.decode()
    assert "Change FQDN" not in pages.auditor.get("/settings").content.decode()
    assert {each.name for each in SETTINGS} >= DANGEROUS


def test_a_search_looks_into_names_and_help(pages: Pages) -> None:
    found = [row.name for group in setting_groups(pages.ctx, "redirect uri") for row in group.rows]
    assert found == ["FQDN"]
    assert "No setting fits" in pages.admin.get("/settings?q=nonsense").content.decode()
    html = pages.admin.get("/settings?set=on").content.decode()
    assert 'id="s-Outbound-AllowedNetworks"' in html
    assert 'id="s-FQDN"' not in html


def test_a_setting_is_changed_reset_and_both_are_written_down(pages: Pages) -> None:
    admin = pages.admin
    answer = admin.post(TIMEOUT, {"value": " 30 ", "do": "save"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings#s-WebUserAgent-Timeout")
    assert "WebUserAgent::Timeout is saved" in admin.get("/settings").content.decode()
    assert pages.ctx.settings.text("WebUserAgent::Timeout") == "30"
    admin.post(TIMEOUT, {"value": "anything", "do": "reset"})
    assert not pages.ctx.settings.is_set("WebUserAgent::Timeout")
    assert [(c.before, c.after, c.by) for c in pages.ctx.settings.history("WebUserAgent::Timeout")] == [
        ("30", None, "admin@kestrel.example"),
        (None, "30", "admin@kestrel.example"),
    ]


@pytest.mark.parametrize("value", ["soon", "0", "", "1\n2", "<b>"])
def test_a_value_that_breaks_a_rule_is_refused_beside_its_field_and_kept(pages: Pages, value: str) -> None:
    answer = pages.admin.post(TIMEOUT, {"value": value, "do": "save"})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert 'aria-invalid="true"' in html
    assert "must be" in html
    assert "<b>" not in html.split("<form class")[1].split("</form>")[0].replace("<b>must", "")
    assert not pages.ctx.settings.is_set("WebUserAgent::Timeout")


def test_what_is_dangerous_asks_for_the_password(clock: FakeClock, pages: Pages) -> None:
    """SEC-43: the outbound policy, the proxies that are believed, and Bursar's own address."""
    admin = pages.admin
    clock.advance(301)
    given = {"value": "10.0.0.0/8", "do": "save"}
    for name in ("Outbound::AllowedNetworks", "TrustedProxies"):
        before = pages.ctx.settings.text(name)
        refused = admin.post(f"/settings/{name}", given)
        assert refused.status_code == 422
        assert "Enter your password" in refused.content.decode()
        assert pages.ctx.settings.text(name) == before
    assert admin.post(TIMEOUT, {"value": "30"}).status_code == 303
    assert admin.post("/settings/TrustedProxies", given | {"current_password": PASSWORD}).status_code == 303
    assert pages.ctx.settings.text("TrustedProxies") == "10.0.0.0/8"


def test_a_change_of_the_redirect_uri_is_shown_before_and_after_first(pages: Pages) -> None:
    """SEC-4: who says yes has seen the very address."""
    pages.fill()
    admin = pages.admin
    given = {"value": "bursar.kestrel.example", "do": "save"}
    asked = admin.post("/settings/FQDN", given)
    assert asked.status_code == 422
    html = asked.content.decode()
    assert f'name="seen" value="{NEW}"' in html
    assert "The redirect URI changes." in html
    count = Configuration.objects.filter(flow="authorization_code").exclude(validity="invalid").count()
    assert f"{count} configurations can't be authorized" in html
    assert not pages.ctx.settings.is_set("FQDN")
    assert admin.post("/settings/FQDN", given | {"seen": NEW + "x"}).status_code == 422
    assert admin.post("/settings/FQDN", given | {"seen": NEW}).status_code == 303
    assert pages.ctx.settings.redirect_uri() == NEW
    assert (
        "signing in works over https alone"
        in admin.post("/settings/HttpType", {"value": "https", "do": "save"}).content.decode()
    )
    back = admin.post("/settings/FQDN", {"do": "reset"})
    assert "Reset all the same" in back.content.decode()


def test_a_script_gets_the_row_or_the_form_in_its_place(pages: Pages) -> None:
    admin = pages.admin
    script = {"HX-Request": "true"}
    form = admin.get(TIMEOUT, headers=script).content.decode()
    assert form.lstrip().startswith("<form")
    wrong = admin.post(TIMEOUT, {"value": "x"}, headers=script)
    assert wrong.status_code == 200
    assert "must be a number" in wrong.content.decode()
    saved = admin.post(TIMEOUT, {"value": "30"}, headers=script).content.decode()
    assert saved.lstrip().startswith("<article")
    assert "Saved." in saved
    assert admin.get(f"{TIMEOUT}?shown", headers=script).content.decode().lstrip().startswith("<article")


def test_an_unknown_setting_is_named_and_similar_ones_too(pages: Pages) -> None:
    answer = pages.admin.get("/settings/FDQN")
    assert answer.status_code == 404
    assert "Did you mean FQDN?" in answer.content.decode()


def test_auditors_change_nothing_and_forms_must_be_ours(pages: Pages) -> None:
    """SEC-39, SEC-42"""
    assert pages.auditor.post(TIMEOUT, {"value": "30"}).status_code == 403
    client = pages.signed_in(Person.ADMIN, enforce_csrf_checks=True)
    assert client.post(TIMEOUT, {"value": "30"}).status_code == 403
    token = form_token(client.get(TIMEOUT).content.decode())
    assert client.post(TIMEOUT, {"value": "30", "csrfmiddlewaretoken": token}).status_code == 303
