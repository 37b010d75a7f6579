"""Encrypted exports: what goes in comes out, by its own key alone, and nonsense is named."""

import re

import pyrage
import pytest

from bursar.errors import InvalidInput
from bursar.keyring import Secret
from bursar.tokens.age_file import check_passphrase, decrypted, encrypted, is_age, read_recipients

TEXT = b"- Name: A\n" * 1000
WORDS = Secret("several words in a row")


@pytest.fixture
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


def test_a_recipient_s_identity_opens_it_and_no_other(identity: pyrage.x25519.Identity) -> None:
    """SEC-60"""
    file = encrypted(TEXT, recipients=[str(identity.to_public())])
    assert is_age(file)
    assert b"Name" not in file
    assert decrypted(file, identity=Secret(f"# made today\n{identity}\n")) == TEXT
    with pytest.raises(InvalidInput, match="doesn't open the file") as wrong:
        decrypted(file, identity=Secret(str(pyrage.x25519.Identity.generate())))
    assert wrong.value.code == "age_key_wrong"


def test_a_passphrase_opens_it_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-60: through scrypt; a foreign file that asks for endless work is refused at once."""
    file = encrypted(TEXT, passphrase=WORDS)
    assert decrypted(file, passphrase=WORDS) == TEXT
    with pytest.raises(InvalidInput, match="doesn't open"):
        decrypted(file, passphrase=Secret("several words in a sow"))
    tries = []
    real = pyrage.passphrase.decrypt
    monkeypatch.setattr("pyrage.passphrase.decrypt", lambda *given: tries.append(1) or real(*given))
    greedy = re.sub(rb"(-> scrypt \S+ )\d+", rb"\g<1>50", file)
    with pytest.raises(InvalidInput, match="more work"):
        decrypted(greedy, passphrase=WORDS)
    assert len(tries) == 1


def test_a_busy_machine_tries_an_honest_file_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library measures the machine each time, and may take it for too slow."""
    answers = [pyrage.DecryptError("Excessive work parameter for passphrase."), TEXT]

    def measured(*_: object) -> bytes:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("pyrage.passphrase.decrypt", measured)
    file = b"age-encryption.org/v1\n-> scrypt c2FsdA 18\nbody\n"
    assert decrypted(file, passphrase=WORDS) == TEXT


def test_a_changed_file_doesn_t_open(identity: pyrage.x25519.Identity) -> None:
    """SEC-60"""
    file = encrypted(TEXT, recipients=[str(identity.to_public())])
    with pytest.raises(InvalidInput, match="doesn't open"):
        decrypted(file[:-1] + bytes([file[-1] ^ 1]), identity=Secret(str(identity)))


def test_an_armored_file_is_known_too(identity: pyrage.x25519.Identity) -> None:
    file = pyrage.encrypt(TEXT, [identity.to_public()], armored=True)
    assert is_age(file)
    assert decrypted(file, identity=Secret(str(identity))) == TEXT
    assert not is_age(TEXT)
    assert not is_age(b"")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No recipient"),
        ("# only a comment", "No recipient"),
        ("age1nonsense", "no age recipient"),
        ("x" * 200, "…"),
    ],
)
def test_a_recipient_that_can_t_be_is_named(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_recipients(text)


def test_recipients_come_one_a_line_or_by_commas(identity: pyrage.x25519.Identity) -> None:
    one = str(identity.to_public())
    assert read_recipients(f"# Jana\n{one}\n\n {one}, {one}") == [one, one, one]


def test_keys_that_can_t_be_are_named() -> None:
    with pytest.raises(InvalidInput, match="at least 12"):
        check_passphrase(Secret("short"))
    with pytest.raises(InvalidInput, match="Give its passphrase") as missing:
        decrypted(b"age-encryption.org/v1\n")
    assert missing.value.code == "age_key_missing"
    for text in ("AGE-SECRET-KEY-1NONSENSE", "# nothing", "-----BEGIN OPENSSH PRIVATE KEY-----\nx"):
        with pytest.raises(InvalidInput, match="no age identity"):
            decrypted(b"age-encryption.org/v1\n", identity=Secret(text))
    with pytest.raises(InvalidInput, match="either to recipients or with"):
        encrypted(TEXT)
