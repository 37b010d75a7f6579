"""The page of one token: explained, with its past, and there whatever is broken (Zammad #3292)."""

import re
from datetime import timedelta

import pytest

from bursar.access.models import Person
from bursar.keyring import Place, Secret
from bursar.tokens.detail import detail_of
from bursar.tokens.models import Attempt, Configuration, Event, Token
from bursar.tokens.scopes import compared
from bursar.tokens.stretches import gaps_of, stretches_of
from bursar.uses import Consumer
from bursar.web.life_strip import SPANS, strip_of
from tests.browser import past_scene
from tests.unit.web_pages import PASSWORD, Pages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(pages: Pages) -> Pages:
    pages.fill()
    past_scene.fill(pages.ctx, pages.ctx.clock.now())
    Person.objects.add("jana@kestrel.example", Person.ADMIN, PASSWORD, "Jana Novak")
    return pages


def text(html: str) -> str:
    """What a person reads of the page's main part."""
    main = html.split('id="live"', 1)[1].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", main))


def page(pages: Pages, name: str, query: str = "", role: str = "admin") -> str:
    answer = pages.signed_in(role).get(f"/tokens/{pages.view(name).id}{query}")
    assert answer.status_code == 200
    return str(answer.text)


def test_a_broken_token_says_who_what_and_what_happens_meanwhile(told: Pages) -> None:
    seen = text(page(told, "Sales inbox"))
    for words in (
        "Needs authorization",
        "The password was changed, so Microsoft ended the refresh token.",
        "Anyone who can sign in as sales@kestrel.example.",
        "Authorize. You are taken to Microsoft and come back here.",
        "2 users have been waiting since",
        "Authorize at Microsoft",
    ):
        assert words in seen, words


def test_the_life_is_told_newest_first_in_runs_with_the_providers_words(told: Pages) -> None:
    seen = text(page(told, "Sales inbox"))
    order = [
        "The last access token ended. No token since.",
        "Refresh refused. Bursar stopped asking",
        "AADSTS50173",
        "Bursar removed from the answer what is or may be a secret.",
        "Microsoft answered 503: 4 attempts in 9 min. Nobody noticed: the token was still valid.",
        "Jana Novak changed the configuration: client secret, end of the client secret.",
        "Authorized by Jana Novak, signed in as sales@kestrel.example. Refresh token given.",
        "Created by Jana Novak from the template Microsoft Exchange Online.",
    ]
    seen = text(page(told, "Sales inbox"))
    places = [seen.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)
    assert re.search(r"Refreshed \d+ times\.", seen)
    assert "Refreshed 1990 times. From" in seen
    assert "Refreshed by Jana Novak." in text(page(told, "Accounting"))


def test_the_last_tokens_claims_are_shown_and_nothing_of_the_token(told: Pages) -> None:
    """SEC-41"""
    html = page(told, "Sales inbox")
    assert "https://outlook.office.com" in html
    assert "IMAP.AccessAsUser.All SMTP.Send" in text(html)
    assert "cnry-" not in html
    assert "eyJ" not in html
    assert "It is opaque: only the provider knows what it means." in text(page(told, "Accounting"))


def test_scopes_are_compared_as_sets_and_what_is_missing_is_named() -> None:
    """SEC-20"""
    lines = compared(("b", "a", "offline_access", "https://x/.default", "c"), "a b d a")
    assert [(line.name, line.kind) for line in lines] == [
        ("b", "granted"),
        ("a", "granted"),
        ("offline_access", "implied"),
        ("https://x/.default", "implied"),
        ("c", "missing"),
        ("d", "extra"),
    ]
    assert {line.kind for line in compared(("a",), None)} == {"asked"}


def test_hand_outs_say_who_when_and_how_often(told: Pages) -> None:
    """SEC-47"""
    now = told.ctx.clock.now()
    token = told.view("Accounting").id
    for number in range(3):
        told.ctx.uses.note(token, Consumer("key", "k1", "archive", "10.1.2.3"), now - timedelta(minutes=number))
    told.ctx.uses.note(token, Consumer("mail", "m1", "Post"), now)
    told.ctx.uses.flush(told.ctx.storage)
    seen = text(page(told, "Accounting"))
    assert "the API key archive" in seen
    assert "3 times, last" in seen
    assert "from 10.1.2.3" in seen
    assert "the mail account Post" in seen
    assert "1 time, last" in seen


def test_the_strip_shows_gaps_and_says_them_in_words(told: Pages) -> None:
    ctx, now = told.ctx, told.ctx.clock.now()
    broken = detail_of(ctx, told.view("Sales inbox").id)
    healthy = detail_of(ctx, told.view("Accounting").id)
    assert broken is not None
    assert healthy is not None
    assert gaps_of(stretches_of(broken), now)[-1][1] is None
    [(begins, ends)] = gaps_of(stretches_of(healthy), now)
    assert ends is not None
    assert ends - begins == timedelta(hours=2)
    for span in SPANS:
        strip = strip_of(stretches_of(broken), now, span)
        assert strip.now_without
        assert strip.sentence.startswith("There is no token since")
        assert all(re.fullmatch(r"\d{1,3}\.\d{3}%", piece.x) for piece in strip.segments)
    assert "1 time there was none" in strip_of(stretches_of(healthy), now, "24h").sentence
    assert strip_of(stretches_of(healthy), now, "24h").rhythm == "valid, a new token every 60 min"


def test_a_revocation_ends_the_token_in_the_strip_and_is_told_with_its_person(told: Pages) -> None:
    from bursar.tokens.revoke import revoke

    revoke(told.ctx, "Accounting", "cli:root")
    seen = text(page(told, "Accounting"))
    assert "Revoked by root on the command line. Bursar forgot access and refresh token." in seen
    assert "The last access token ended" not in seen
    assert "no token" in seen


@pytest.mark.parametrize("column", ["client_secret", "access_token", "refresh_token"])
def test_the_page_is_there_where_a_secret_does_not_open(told: Pages, column: str) -> None:
    """SEC-32: and it says so."""
    other = told.ctx.keyring.seal(Place("elsewhere", "row", "column"), Secret("cnry-x"))
    if column == "client_secret":
        Configuration.objects.filter(name="Accounting").update(client_secret=other)
    else:
        Token.objects.filter(configuration__name="Accounting").update(**{column: other})
    seen = text(page(told, "Accounting"))
    assert ("doesn’t open" in seen) == (column != "refresh_token")
    assert "Life of this token" in seen


def test_the_page_says_where_no_worker_runs(told: Pages) -> None:
    late = told.ctx.clock.now() - timedelta(minutes=10)
    Token.objects.filter(configuration__name="Accounting").update(due_at=late)
    assert "no worker of Bursar runs" in text(page(told, "Accounting"))
    Token.objects.filter(configuration__name="Accounting").update(due_at=told.ctx.clock.now())
    assert "no worker of Bursar runs" not in text(page(told, "Accounting"))


def test_the_page_asks_no_provider(told: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-39: a provider in trouble, or none at all, takes nothing from the page."""
    from bursar.outbound import Door

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the page called somebody")

    for name in [name for name in dir(Door) if not name.startswith("_")]:
        monkeypatch.setattr(Door, name, never)
    for name in ("Sales inbox", "Invoices", "Ticket archive", "Old newsletter", "Webshop orders"):
        assert text(page(told, name))


def test_an_auditor_reads_everything_and_has_no_button(told: Pages) -> None:
    """SEC-42"""
    seen = page(told, "Sales inbox", role="auditor").split('id="live"')[1]
    assert "AADSTS50173" in seen
    assert "<button" not in seen
    assert "/secret" not in seen


def test_hostile_words_of_a_provider_stay_text(told: Pages) -> None:
    """SEC-66"""
    evil = '<script>alert(1)</script>"onload=`x`'
    Attempt.objects.filter(outcome="needs_authorization").update(answer=evil)
    Event.objects.filter(kind="authorized").update(detail='{"account": "<img src=x>"}', by="<b>")
    Token.objects.filter(configuration__name="Sales inbox").update(scope="<i> mail", account="<u>", error_sentence=evil)
    html = page(told, "Sales inbox").split('id="live"')[1]
    for tag in ("<script>alert", "<img src", "<u>", "<i> "):
        assert tag not in html


def test_every_state_has_its_page_and_no_page_has_a_secret(told: Pages) -> None:
    """SEC-41"""
    for view in Token.objects.values_list("id", flat=True):
        for address in (f"/tokens/{view}", f"/tokens/{view}/parts?span=90d"):
            answer = told.admin.get(address)
            assert answer.status_code == 200
            assert "cnry-" not in answer.text
    assert told.admin.get("/tokens/" + "0" * 32).status_code == 404
    assert told.admin.get("/tokens/nonsense").status_code == 404


def test_a_link_for_a_colleague_is_good_once_and_leads_to_the_button(told: Pages) -> None:
    """SEC-5: it is made by a POST, and opens for administrators."""
    token = told.view("Sales inbox").id
    assert "Make a link for a colleague" in page(told, "Sales inbox")
    assert told.admin.get(f"/tokens/{token}/link").status_code == 405
    answer = told.admin.post(f"/tokens/{token}/link")
    [link] = set(re.findall(r"http://localhost:8085(/authorize/[\w-]+)", answer.text))
    assert "Sign in at Microsoft as the account" in told.admin.get(link).text
    cannot = told.admin.post(f"/tokens/{told.view('Webshop orders').id}/link")
    assert (cannot.status_code, cannot.headers["Location"]) == (303, "/tokens")


@pytest.mark.parametrize(
    ("came", "to"),
    [
        ("http://localhost:8085/tokens/{id}", "/tokens/{id}"),
        ("http://localhost:8085/tokens?show=now", "/tokens"),
        ("https://evil.example/tokens/{id}/../x", "/tokens"),
        ("http://[", "/tokens"),
        ("", "/tokens"),
    ],
)
def test_an_action_on_the_page_comes_back_to_it(told: Pages, came: str, to: str) -> None:
    token = told.view("Ticket archive").id
    answer = told.admin.post(f"/tokens/{token}/refresh", headers={"referer": came.format(id=token)})
    assert (answer.status_code, answer.headers["Location"]) == (303, to.format(id=token))


def test_further_tokens_of_the_configuration_are_linked(told: Pages) -> None:
    configuration = Configuration.objects.get(name="Accounting")
    Token.objects.bulk_create(Token(configuration=configuration, label=f"box{n:03}") for n in range(40))
    seen = page(told, "Accounting")
    assert seen.count("#box") == 20
    assert "all 40" in seen
