"""TLS is verified everywhere: who shows a wrong certificate is sent nothing."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bursar.clock import SystemClock
from bursar.outbound import OutboundFailed, OutboundTimeout
from bursar.outbound.sockets import DeadlineSocket, DeadlineTlsSocket
from tests.counterparts.certificates import Certificates, make
from tests.unit.wire_scene import Server, door, http

SECRET = {"Authorization": "Basic Y25yeQ=="}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def other_name(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make(tmp_path_factory.mktemp("other"), ("idp.example",))


def self_made(directory: Path, *, ended: bool) -> Certificates:
    """A certificate that signed itself, for 127.0.0.1; its own file is the CA file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    import ipaddress

    end = datetime.now(UTC) + timedelta(days=-1 if ended else 1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=30))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Certificates(directory / "self.pem", directory / "self.pem", directory / "self.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


def showing(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    return context


def test_a_certificate_of_a_named_authority_is_accepted(good: Certificates) -> None:
    with Server(http(200, b"{}"), showing(good)) as server:
        answer = door().http("POST", server.url, headers=SECRET, body=b"a=1", ca_file=str(good.ca))
    assert (answer.status, answer.body) == (200, b"{}")
    assert server.heard[0].endswith(b"a=1")


def refused(certificates: Certificates, ca_file: Path | None) -> str:
    """Try with a secret; return why it failed, after a look at the server, which must have seen nothing."""
    with Server(http(200), showing(certificates)) as server, pytest.raises(OutboundFailed) as caught:
        door().http("POST", server.url, headers=SECRET, body=b"cnry", ca_file=str(ca_file) if ca_file else None)
    assert server.heard == []
    assert caught.value.code == "tls_failed"
    assert caught.value.exit_code == 5
    return caught.value.sentence


def test_a_self_signed_certificate_is_refused_with_no_credential_sent(tmp_path: Path) -> None:
    """SEC-51, SEC-16."""
    assert "self-signed" in refused(self_made(tmp_path, ended=False), None)


def test_a_certificate_of_an_unknown_authority_is_refused_with_no_credential_sent(good: Certificates) -> None:
    """SEC-51."""
    assert "certificate" in refused(good, None)


def test_a_certificate_for_another_name_is_refused_with_no_credential_sent(other_name: Certificates) -> None:
    """SEC-51."""
    assert "IP address mismatch" in refused(other_name, other_name.ca)


def test_an_expired_certificate_is_refused_with_no_credential_sent(tmp_path: Path) -> None:
    """SEC-51: also where its authority is trusted."""
    ended = self_made(tmp_path, ended=True)
    assert "expired" in refused(ended, ended.ca)


def test_a_missing_or_broken_ca_file_is_trouble_and_no_reason_to_trust(good: Certificates, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    refused(good, tmp_path / "missing.pem")
    refused(good, broken)


def test_a_replaced_ca_file_counts_at_once(good: Certificates, other_name: Certificates, tmp_path: Path) -> None:
    named = tmp_path / "ca.pem"
    named.write_bytes(other_name.ca.read_bytes())
    refused(good, named)
    named.write_bytes(good.ca.read_bytes() + b"\n")
    with Server(http(200), showing(good)) as server:
        assert door().http("GET", server.url, ca_file=str(named)).status == 200


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_a_server_that_speaks_tls_1_1_alone_is_refused(good: Certificates) -> None:
    """SEC-51: even with ciphers as weak as that version needs on the server's side."""
    old = showing(good)
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1_1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(http(200), old) as server, pytest.raises(OutboundFailed) as caught:
        door().http("GET", server.url, ca_file=str(good.ca))
    assert caught.value.code == "tls_failed"
    assert server.heard == []


def test_no_file_of_the_environment_gets_the_session_keys(
    good: Certificates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-52: a planted SSLKEYLOGFILE stays unwritten."""
    planted = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(planted))
    named = tmp_path / "ca.pem"
    named.write_bytes(good.ca.read_bytes())
    with Server(http(200), showing(good)) as server:
        door().http("GET", server.url, ca_file=str(named))
    assert not planted.exists()


def test_the_deadline_holds_inside_tls_and_may_be_exchanged(good: Certificates) -> None:
    """SEC-52: the handshake, every read, and a server that drips inside the encryption."""

    def drip(client: object, server: Server) -> None:
        while not server.stopped.wait(0.02):
            client.sendall(b"a")  # type: ignore[attr-defined]

    with Server(drip, showing(good)) as server:
        there = door()
        plain = there.connect("127.0.0.1", server.port, there.deadline(5))
        wrapped = there.wrap_tls(plain, "127.0.0.1", ca_file=str(good.ca))
        assert isinstance(wrapped, DeadlineTlsSocket)
        wrapped.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert wrapped.recv(1) == b"a"
        wrapped.deadline = there.deadline(0.2)
        begun = SystemClock().monotonic()
        reader = wrapped.makefile("rb")
        with pytest.raises((OutboundTimeout, TimeoutError)):
            reader.read(10_000)
        assert SystemClock().monotonic() - begun < 2
        wrapped.deadline = there.deadline(5)
        assert wrapped.recv(1) == b"a"
        reader.close()
        wrapped.close()


def test_a_handshake_that_nobody_answers_ends_at_the_deadline() -> None:
    """SEC-52."""

    def silence(client: object, server: Server) -> None:
        server.stopped.wait(20)

    begun = SystemClock().monotonic()
    with Server(silence) as server, pytest.raises(OutboundTimeout):
        door().http("GET", f"https://127.0.0.1:{server.port}/", timeout=0.3)
    assert SystemClock().monotonic() - begun < 2


def test_inside_a_proxys_tunnel_the_certificate_is_the_hosts(good: Certificates) -> None:
    """SEC-51: the tunnel's end is verified by the name that was asked for, not by the proxy's."""
    context = showing(good)

    def tunnel(client: object, server: Server) -> None:
        client.sendall(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n")  # type: ignore[attr-defined]
        inside = context.wrap_socket(client, server_side=True)  # type: ignore[arg-type]
        server.heard.append(inside.recv(65536))
        inside.sendall(http(200, b"inside"))
        inside.close()

    with Server(tunnel) as proxy:
        there = door(proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(OutboundFailed) as caught:
            there.http("GET", "https://idp.example/", headers=SECRET, ca_file=str(good.ca))
        assert caught.value.code == "tls_failed"
        assert all(b"Basic" not in each for each in proxy.heard)
        answer = there.http("GET", "https://localhost:1234/", headers=SECRET, ca_file=str(good.ca))
        assert answer.body == b"inside"
        assert b"CONNECT localhost:1234 HTTP/1.0" in b"".join(proxy.heard)
        assert b"Host: localhost:1234\r\n" in proxy.heard[-1]


def test_every_way_in_which_a_connection_ends_gives_its_place_back(good: Certificates) -> None:
    """SEC-52: closed, closed inside TLS, refused by TLS, not reached, forgotten."""
    with Server(http(200)) as plain, Server(http(200), showing(good)) as secure, socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        there = door(at_once=1)

        def connect(port: int, seconds: float = 5) -> DeadlineSocket:
            return there.connect("127.0.0.1", port, there.deadline(seconds))

        for _ in range(2):
            closed = connect(plain.port)
            closed.close()
            inside = there.wrap_tls(connect(secure.port), "127.0.0.1", ca_file=str(good.ca))
            with pytest.raises(OutboundFailed, match="1 connections to"):
                connect(secure.port, 0.05)
            inside.close()
            waiting = there.wrap_tls(connect(secure.port), "127.0.0.1", ca_file=str(good.ca))
            waiting.uncount()
            connect(secure.port).close()
            waiting.close()
            refused = connect(secure.port)
            with pytest.raises(OutboundFailed):
                there.wrap_tls(refused, "127.0.0.1")
            with pytest.raises(OutboundFailed, match="can't be reached"):
                connect(nobody.getsockname()[1])
            with pytest.warns(ResourceWarning):
                connect(plain.port)
