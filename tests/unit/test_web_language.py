"""Pages speak the person's language: their choice, else their browser's, else English."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import translation

from bursar.web.wording import clock, ends_in, full, span
from tests.unit.web_pages import Pages, form_token

NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)


def language(client: Client, path: str = "/sign-in", **headers: str) -> str:
    answer = client.get(path, headers=headers)
    told = answer.headers["Content-Language"]
    assert f'<html lang="{told}"' in answer.text
    return str(told)


def test_the_browser_is_asked_first_and_english_is_spoken_where_it_knows_nothing_better(pages: Pages) -> None:
    assert language(pages.visitor) == "en"
    assert language(pages.visitor, **{"accept-language": "de-AT,de;q=0.9,en;q=0.8"}) == "de"
    assert language(pages.visitor, **{"accept-language": "fr, *;q=0.1"}) == "en"
    assert language(pages.visitor, "/no-such-page", **{"accept-language": "de"}) == "de"
    assert translation.get_language() == "en"


def test_a_person_chooses_on_the_sign_in_page_and_comes_back_to_it(pages: Pages) -> None:
    """SEC-39: the choice is a POST with a token, as every change."""
    client = pages.client(enforce_csrf_checks=True)
    seen = client.get("/sign-in?next=/tokens").text
    assert 'lang="de"' in seen
    choice = {"language": "de", "next": "/sign-in?next=/tokens"}
    assert client.post("/language", choice).status_code == 403
    answer = client.post("/language", choice | {"csrfmiddlewaretoken": form_token(seen)})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/tokens")
    kept = client.cookies["bursar-language"]
    assert (kept.value, kept["samesite"], bool(kept["httponly"]), bool(kept["secure"])) == ("de", "Lax", True, False)
    assert language(client, **{"accept-language": "en"}) == "de"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "", "javascript:alert(1)"])
def test_a_choice_leads_to_no_other_host(pages: Pages, elsewhere: str) -> None:
    answer = pages.admin.post("/language", {"language": "en", "next": elsewhere})
    assert answer.headers["Location"] == "/tokens"


def test_a_language_that_bursar_does_not_speak_is_refused(pages: Pages) -> None:
    assert pages.visitor.post("/language", {"language": "xx", "next": "/"}).status_code == 400
    pages.visitor.cookies["bursar-language"] = "../../etc"
    assert language(pages.visitor) == "en"


def test_under_https_the_choice_travels_over_https_only(pages: Pages) -> None:
    """SEC-38"""
    pages.set("HttpType", "https")
    assert pages.visitor.post("/language", {"language": "de", "next": "/"}, secure=True).cookies["bursar-language"][
        "secure"
    ]


def test_times_and_plurals_are_said_as_a_german_colleague_would() -> None:
    with translation.override("de"):
        assert clock(NOW - timedelta(minutes=154), NOW) == "11:58"
        assert clock(NOW + timedelta(hours=12), NOW) == "Di 02:32"
        assert clock(NOW + timedelta(days=9), NOW) == "Mi 2. Dez"
        assert clock(NOW + timedelta(days=56), NOW) == "Mo 18. Jan 2027"
        assert full(NOW) == "Montag, 23. November 2026, 14:32:00 UTC"
        assert [span(s) for s in (20, 3120, 11_520, 86_400 * 2)] == [
            "unter einer Minute",
            "52 min",
            "3 h 12 min",
            "2 Tage",
        ]
        assert ends_in(NOW + timedelta(days=9), NOW) == "Endet in 9 Tagen"


def test_the_person_menu_offers_the_other_language_and_the_page_to_come_back_to(pages: Pages) -> None:
    html = pages.admin.get("/tokens?show=now").text
    assert 'name="next" value="/tokens?show=now"' in html
    assert "Deutsch" in html
