"""The audit log: one row for each change that is asked for, and no way to change what it says."""

import json
import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from bursar.access.key_rules import Rules, parse_allow, parse_verbs
from bursar.access.keys import new_key
from bursar.audit import triggers
from bursar.audit.log import Entry, Flaw, record, verify
from bursar.audit.models import AuditEvent, AuditHead
from bursar.context import Context
from bursar.web.audit_words import ACTIONS
from tests.unit.test_web_every_route import CALLBACK, routes
from tests.unit.web_pages import PASSWORD, Pages

pytestmark = pytest.mark.django_db(transaction=True)


def entry(subject: str = "Sales inbox", **changes: str) -> Entry:
    return Entry("jana@kestrel.example", "tokens/revoke", subject, "done", 303, "192.0.2.7", changes)


def last() -> AuditEvent:
    return AuditEvent.objects.order_by("-id")[0]


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_to_change_or_delete_a_row(ctx: Context) -> None:
    """SEC-65"""
    record(ctx, entry())
    triggers.install()
    try:
        for statement in ("UPDATE audit_event SET actor = 'eve'", "DELETE FROM audit_event"):
            with pytest.raises(DatabaseError, match="only ever added to"):
                execute(statement)
        record(ctx, entry("another"))
    finally:
        triggers.remove()
    assert list(verify(ctx)) == []
    assert AuditEvent.objects.count() == 2


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit_event SET actor = 'eve' WHERE id = 2", [Flaw(2, "changed")]),
        ("UPDATE audit_event SET at = at + 1 WHERE id = 4", [Flaw(4, "changed")]),
        ("DELETE FROM audit_event WHERE id = 2", [Flaw(2, "missing"), Flaw(3, "changed")]),
        ("DELETE FROM audit_event WHERE id = 4", [Flaw(4, "cut_off")]),
        ("DELETE FROM audit_event", [Flaw(number, "cut_off") for number in (1, 2, 3, 4)]),
        ("UPDATE audit_event SET id = 5 WHERE id = 4", [Flaw(4, "missing"), Flaw(5, "added")]),
        ("UPDATE audit_head SET last = 3", [Flaw(4, "added"), Flaw(3, "changed")]),
    ],
)
def test_who_can_write_the_database_leaves_a_trace(ctx: Context, statement: str, found: list[Flaw]) -> None:
    """SEC-65: edit, remove, cut off or renumber a row, and it is named."""
    for number in range(4):
        record(ctx, entry(f"token {number}"))
    assert list(verify(ctx)) == []
    execute(statement)
    assert list(verify(ctx)) == found


def test_many_at_once_make_one_chain(ctx: Context) -> None:
    """SEC-65: numbers have no gap, whoever writes beside."""

    def write(number: int) -> None:
        try:
            for step in range(5):
                record(ctx, entry(f"{number}.{step}"))
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(AuditEvent.objects.order_by("id").values_list("id", flat=True)) == list(range(1, 21))
    assert AuditHead.objects.get().last == 20
    assert list(verify(ctx)) == []


def test_texts_from_outside_make_one_line_that_every_database_takes(ctx: Context) -> None:
    """SEC-66"""
    record(ctx, entry("a\r\n2 done\x00\x1b[31m\u202e" + "x" * 9000))
    subject = last().subject
    assert subject.startswith("a  2 done  [31m x")
    assert len(subject) == 500


def test_each_change_makes_exactly_one_row_also_when_it_is_refused(pages: Pages) -> None:
    """SEC-65: every route, as an administrator, as an auditor, without the form's token, and as nobody."""
    found = {route: address for route, address in routes(pages).items() if address != CALLBACK}
    unsafe = pages.client(enforce_csrf_checks=True)
    strangers: list[tuple[str, Client]] = [("", unsafe), ("", pages.visitor)]
    for route, address in found.items():
        for actor, client in [
            ("auditor@kestrel.example", pages.auditor),
            ("admin@kestrel.example", pages.admin),
            *strangers,
        ]:
            before = AuditEvent.objects.count()
            answer = client.post(address, {"current_password": "cnry-mistyped", "ClientSecret": "cnry-new"})
            made = AuditEvent.objects.count() - before
            assert made == (0 if address in ("/webservices/check", "/language") else 1), (route, actor)
            if made:
                row = last()
                assert row.actor == actor or (row.actor and not actor), route
                assert (row.outcome == "refused") == (400 <= answer.status_code < 500) or row.outcome != "done", route
    assert list(verify(pages.ctx)) == []
    assert "cnry" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_every_action_of_a_page_has_its_words(pages: Pages) -> None:
    taken = set()
    for address in routes(pages).values():
        answer = pages.admin.post(address)
        if answer.status_code != 405:
            taken.add(last().action)
    assert taken == set(ACTIONS) - {"callback"}


def test_who_what_where_and_how_it_went(pages: Pages) -> None:
    """SEC-65: names are those of before a deletion, words of the form that are no secret, the person who came in."""
    pages.fill()
    view = pages.view("Old newsletter")
    client = pages.client()
    client.post("/sign-in", {"login": "cnry my password", "password": PASSWORD})
    assert (last().actor, last().subject, last().outcome) == ("", "", "refused")
    client.post("/sign-in", {"login": pages.person("admin").email, "password": "wrong"})
    assert (last().actor, last().subject, last().outcome) == ("", "admin@kestrel.example", "refused")
    client.post("/sign-in", {"login": pages.person("admin").email, "password": PASSWORD})
    assert (last().actor, last().outcome) == ("admin@kestrel.example", "done")
    client.post("/settings/WebUserAgent::Timeout", {"value": "cnry", "do": "reset"}, REMOTE_ADDR="192.0.2.7")
    row = last()
    assert (row.action, row.subject, row.detail, row.address) == (
        "settings",
        "WebUserAgent::Timeout",
        '{"do": "reset"}',
        "192.0.2.7",
    )
    client.post("/settings/WebUserAgent::Timeout", {"value": "cnry"}, headers={"HX-Request": "true"})
    assert last().outcome == "refused", "a script gets the form again with 200"
    pages.visitor.post("/settings/WebUserAgent::Timeout", {"value": "20"}, headers={"HX-Request": "true"})
    assert (last().actor, last().outcome) == ("", "refused")
    client.post(f"/tokens/{view.id}/refresh", headers={"HX-Request": "true"})
    assert (last().action, last().subject, last().outcome) == ("tokens/refresh", "Old newsletter", "failed")
    page = f"/configurations/{view.configuration_id}/delete"
    assert client.post(page).status_code == 303
    assert (last().action, last().subject, last().outcome) == ("configurations/delete", "Old newsletter", "done")
    client.post("/sign-out")
    assert (last().actor, last().action) == ("admin@kestrel.example", "sign-out")
    client.get(CALLBACK + "?state=guessed&code=cnry-code")
    assert (last().action, last().outcome) == ("callback", "failed")
    assert "cnry" not in json.dumps(list(AuditEvent.objects.values()), default=str)


def test_changes_through_the_api_are_told_with_their_key(pages: Pages) -> None:
    """SEC-65"""
    rules = Rules(parse_allow(("*",)), parse_verbs("manage"))
    _view, key = new_key(pages.ctx, "deploy", rules, None, "test")
    headers = {"Authorization": f"Bearer {key.reveal()}"}
    path = "/api/v1/settings/WebUserAgent::Timeout"
    answer = pages.client().put(path, {"value": "20"}, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    row = last()
    assert (row.actor, row.action, row.subject) == ("key:deploy", "PUT api/v1/settings", "WebUserAgent::Timeout")
    pages.client().put(path, {"value": "20"}, content_type="application/json")
    assert (last().actor, last().outcome, last().status) == ("", "refused", 401)


def test_the_page_shows_it_to_auditors_too_and_finds_by_words(pages: Pages) -> None:
    pages.fill()
    assert "There is no entry yet." in pages.auditor.get("/audit").content.decode()
    for name in ("Sales inbox", "Ticket archive"):
        pages.admin.post(f"/tokens/{pages.view(name).id}/refresh")
    html = pages.auditor.get("/audit").content.decode()
    assert html.count('<tr role="row" id="a-') == 2
    assert html.index("Ticket archive") < html.index("Sales inbox"), "the newest comes first"
    assert "The admin" in html
    assert "No entry fits" in pages.auditor.get("/audit?q=nonsense").content.decode()
    found = pages.auditor.get("/audit?q=sales+refresh&outcome=failed").content.decode()
    assert found.count('<tr role="row" id="a-') == 1
    assert pages.auditor.get("/audit?q=100%25&page=9&outcome=cnry").status_code == 200


def test_a_log_that_cannot_be_written_breaks_no_page(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr("bursar.web.middleware.audited.record", away)
    assert pages.admin.post("/sign-out").status_code == 303
    assert "not written to the audit log" in caplog.text
