"""Microsoft Graph, against a stand-in that pages, throttles, changes ids and expires tokens as is documented."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bursar.context import Context
from bursar.mail.accounts import find, target_of
from bursar.mail.graph.source import GraphSource
from bursar.mail.looking import look_of
from bursar.mail.models import MailLedger
from bursar.mail.probe import STEPS, probe
from bursar.testing import FakeGraph, FakeProvider
from bursar.testing.graph_mailbox import FakeMailbox
from tests.counterparts import certificates
from tests.integration.mail_scene import USER, Scene, code

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

MESSAGES = [b"Subject: %d\r\n\r\nbody \xff\n.\r\n" % number for number in range(35)]


@pytest.fixture
def scene(ctx: Context, provider: FakeProvider, tmp_path: Path) -> Scene:
    made = Scene(ctx, provider, tmp_path / "maildir")
    made.configure()
    return made


@pytest.fixture
def graph(scene: Scene, tmp_path: Path) -> Iterator[FakeGraph]:
    made = certificates.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)

    def owner(token: str) -> str | None:
        issued = scene.provider.ledger.access.get(token)
        if issued is None or not scene.provider.ledger.usable(issued, scene.ctx.clock.now().timestamp()):
            return None
        return scene.provider.ledger.family_of(issued).email

    with FakeGraph(owner, context) as running:
        running.mailbox(USER)
        yield running


@pytest.fixture
def mailbox(graph: FakeGraph) -> FakeMailbox:
    return graph.mailbox(USER)


def account(scene: Scene, graph: FakeGraph, tmp_path: Path, name: str = "Support", **changed: str) -> None:
    scene.account(graph.port, "MSGraph", name, ca_file=str(tmp_path / "ca.pem"), **changed)


def bodies(scene: Scene) -> list[bytes]:
    return sorted(path.read_bytes() for path in (scene.maildir / "new").glob("*"))


@pytest.mark.parametrize("login", [USER, "me", f"users/{USER}"])
def test_a_mailbox_of_many_pages_is_collected_and_deleted_four_at_a_time(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path, login: str
) -> None:
    for body in MESSAGES:
        mailbox.deliver(body)
    graph.delay = 0.005
    account(scene, graph, tmp_path, login=login)
    result = scene.fetch(at_once=8, messages=8)
    assert (code(result), result.delivered, result.skipped) == (None, 35, 0)
    assert bodies(scene) == sorted(MESSAGES)
    assert mailbox.inside(mailbox.folders["inbox"]) == []
    assert len(mailbox.inside(mailbox.folders["deleteditems"])) == 35
    assert 1 < graph.most_at_once <= 4
    assert graph.connections <= 4 < len(graph.requests) / 10, "one connection for each that may ask at once"
    assert os.listdir(scene.maildir / "tmp") == []
    again = scene.fetch()
    assert (code(again), again.fetched) == (None, 0)
    assert MailLedger.objects.count() == 0, "what is surely gone is forgotten"


def test_connections_that_the_server_ends_meanwhile_are_opened_anew(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-52: between two batches the server ends what rests; nothing is lost, and nobody waits."""
    for body in MESSAGES:
        mailbox.deliver(body)
    settle = GraphSource.settle

    def settled(source: GraphSource, *arguments: Any) -> Any:
        graph.hang_up()
        return settle(source, *arguments)

    monkeypatch.setattr(GraphSource, "settle", settled)
    account(scene, graph, tmp_path)
    result = scene.fetch(messages=8)
    assert (code(result), result.delivered, bodies(scene)) == (None, 35, sorted(MESSAGES))
    assert result.notes == [] or "connection lost" not in " ".join(result.notes)
    assert 4 < graph.connections < len(graph.requests)


def test_what_is_left_or_marked_is_known_again_by_its_immutable_id(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    for body in MESSAGES[:5]:
        mailbox.deliver(body)
    account(scene, graph, tmp_path, after="leave")
    assert scene.fetch().delivered == 5
    mailbox.deliver(MESSAGES[5])
    first = next(iter(mailbox.messages.values()))
    first.folder = mailbox.folders["deleteditems"].id
    assert scene.fetch().delivered == 1
    first.folder = mailbox.folders["inbox"].id
    account(scene, graph, tmp_path, "seen", after="seen")
    scene.fetch("seen")
    assert all(message.is_read for message in mailbox.messages.values())
    assert scene.fetch("seen").fetched == 0
    assert {request.headers["prefer"] for request in graph.requests} == {'IdType="ImmutableId"'}


def test_a_folder_is_found_by_its_path_and_the_target_is_made(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    graph.page = 1
    tickets = mailbox.make_folder("A/B Tickets", mailbox.folders["inbox"].id)
    deep = mailbox.make_folder("Open", tickets.id, hidden=True)
    mailbox.deliver(MESSAGES[0], deep.id)
    account(scene, graph, tmp_path, folder="posteingang/a/b tickets/OPEN", after="move:Done/2026")
    assert (code(scene.fetch()), bodies(scene)) == (None, MESSAGES[:1])
    done = next(folder for folder in mailbox.folders.values() if folder.name == "Done")
    year = next(folder for folder in mailbox.folders.values() if folder.name == "2026")
    assert (year.parent, len(mailbox.inside(year))) == (done.id, 1)
    account(scene, graph, tmp_path, "missing", folder="Posteingang/Nowhere")
    error = scene.fetch("missing").error
    assert error is not None
    assert (error.code, error.exit_code) == ("folder_refused", 4)
    assert "Posteingang/A/B Tickets/Open" in error.action


def test_throttling_is_waited_for_where_it_is_short_and_told_where_it_is_long(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    mailbox.deliver(MESSAGES[0])
    account(scene, graph, tmp_path)
    graph.throttle(3, "0")
    assert (code(scene.fetch()), bodies(scene)) == (None, MESSAGES[:1])
    graph.throttle(1, "600")
    error = scene.fetch().error
    assert error is not None
    assert (error.code, getattr(error, "retry_after", None)) == ("throttled", 600.0)
    graph.throttle(100, "0")
    assert code(scene.fetch()) == "throttled"


def test_a_token_that_ends_during_the_run_is_replaced_once(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    """SEC-57."""
    for body in MESSAGES:
        mailbox.deliver(body)
    account(scene, graph, tmp_path)
    scene.fetch()
    for body in MESSAGES:
        mailbox.deliver(body)
    scene.provider.end_access_tokens()
    assert (code(scene.fetch()), len(bodies(scene))) == (None, 70)
    assert len(scene.provider.token_requests()) == 2


def test_refusals_are_told_apart(scene: Scene, graph: FakeGraph, tmp_path: Path) -> None:
    """SEC-58: no such mailbox, no right to it, a token that isn't for Graph."""
    graph.mailbox("shared@bursar.test")
    account(scene, graph, tmp_path, "unknown", login="nobody@bursar.test")
    account(scene, graph, tmp_path, "shared", login="shared@bursar.test")
    account(scene, graph, tmp_path, "audience")
    assert code(scene.fetch("unknown")) == "mailbox_unknown"
    assert code(scene.fetch("shared")) == "mailbox_not_permitted"
    graph._owner = lambda _: None
    error = scene.fetch("audience").error
    assert error is not None
    assert (error.code, error.exit_code) == ("login_refused", 4)
    assert "graph.microsoft.com" in error.action
    assert len(scene.provider.token_requests()) == 2, "one token, one forced renewal, then stop"


def test_oversized_and_vanishing_messages_are_left(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    mailbox.deliver(b"x" * 5000)
    mailbox.deliver(MESSAGES[0])
    account(scene, graph, tmp_path)
    result = scene.fetch(largest=1000)
    assert (code(result), result.delivered, result.skipped) == (None, 1, 1)
    assert len(mailbox.inside(mailbox.folders["inbox"])) == 1


def test_the_token_goes_to_no_other_host(scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path) -> None:
    """SEC-49: a nextLink that leads elsewhere is not followed."""
    for body in MESSAGES:
        mailbox.deliver(body)
    page = graph._page

    def elsewhere(*arguments: object) -> object:
        reply = page(*arguments)  # type: ignore[arg-type]
        object.__setattr__(reply, "body", reply.body.replace(b"https://localhost", b"https://evil.example"))
        return reply

    graph._page = elsewhere  # type: ignore[method-assign,assignment]
    account(scene, graph, tmp_path)
    assert code(scene.fetch()) == "connection_lost"


def test_the_test_of_an_account_goes_step_by_step(
    scene: Scene, graph: FakeGraph, mailbox: FakeMailbox, tmp_path: Path
) -> None:
    """SEC-58."""
    mailbox.deliver(MESSAGES[0])
    account(scene, graph, tmp_path)
    found = find("Support")
    steps = list(probe(scene.ctx, target_of(scene.ctx, found), found.folder, look_of(scene.ctx, found)))
    assert [step.step for step in steps] == list(STEPS)
    assert [step.error for step in steps] == [None] * 10
    assert steps[8].seen == "1 messages"
    graph.mailbox("shared@bursar.test")
    account(scene, graph, tmp_path, "shared", login="shared@bursar.test")
    *_, last = probe(scene.ctx, target_of(scene.ctx, find("shared")), "INBOX", look_of(scene.ctx, find("shared")))
    assert last.error is not None
    assert (last.step, last.error.code) == ("login", "mailbox_not_permitted")


def test_graph_has_no_password(scene: Scene, graph: FakeGraph) -> None:
    account = find(scene.account(graph.port, "MSGraph", "a"))
    assert target_of(scene.ctx, account).authentication == "token"
