"""A connection that breaks after every single byte of a session: each message arrives once, whichever byte it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bursar.context import Context
from bursar.mail.models import MailLedger
from bursar.testing import FakeProvider
from tests.faults.cutting import Cutting
from tests.integration.fake_imap import FakeImap
from tests.integration.fake_pop3 import FakePop3
from tests.integration.mail_scene import Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BODIES = [b"S: 1\r\n\r\n.\r\n", b"S: 2\r\n\r\nx\r\n"]


@pytest.mark.parametrize("kind", ["IMAP", "POP3"])
def test_a_session_that_is_cut_after_each_of_its_bytes(
    ctx: Context, provider: FakeProvider, tmp_path: Path, kind: str
) -> None:
    """SEC-59: the run goes on over a new connection, or the next one does; nothing is lost, nothing comes twice."""
    scene = Scene(ctx, provider, tmp_path / "maildir")
    scene.configure()
    start: Callable[[], FakeImap | FakePop3] = lambda: (  # noqa: E731
        FakeImap(dict(enumerate(BODIES, 1))) if kind == "IMAP" else FakePop3(dict(zip("ab", BODIES, strict=True)))
    )
    server = start()
    proxy = Cutting(server.port)
    try:
        scene.account(proxy.port, kind)
        assert scene.fetch().delivered == 2
        whole = proxy.carried
        assert whole > 100
        for byte in range(whole):
            uids = {2 * byte + 3: BODIES[0], 2 * byte + 4: BODIES[1]}
            server.messages = uids if kind == "IMAP" else {f"u{uid}": body for uid, body in uids.items()}  # type: ignore[assignment]
            proxy.limit = byte
            for _ in range(3):
                result = scene.fetch()
                if result.error is None and not server.messages:
                    break
            assert (byte, result.error, dict(server.messages)) == (byte, None, {})
    finally:
        proxy.close()
        server.close()
    files = [path.read_bytes() for path in (scene.maildir / "new").iterdir()]
    assert len(files) == 2 * (whole + 1)
    assert sorted(set(files)) == BODIES
    assert list((scene.maildir / "tmp").iterdir()) == []
    assert MailLedger.objects.filter(state="begun").count() == 0
    print(f"{whole} bytes, {kind}")
