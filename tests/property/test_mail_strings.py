"""SASL strings and folder names come back as they went in, whatever is in them."""

from hypothesis import given
from hypothesis import strategies as st

from bursar.keyring import Secret
from bursar.mail.folder_names import decode, encode
from bursar.mail.mailbox import sequence_set
from bursar.mail.sasl import Mechanism, initial_response

visible = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1)


@given(user=visible, token=visible)
def test_an_xoauth2_string_decodes_to_what_it_was_made_of(user: str, token: str) -> None:
    """SEC-54."""
    parts = initial_response(Mechanism.XOAUTH2, user, Secret(token), "h", 1).decode().split("\x01")
    assert parts == [f"user={user}", f"auth=Bearer {token}", "", ""]


@given(user=visible, token=visible, host=visible, port=st.integers(1, 65535))
def test_an_oauthbearer_string_decodes_to_what_it_was_made_of(user: str, token: str, host: str, port: int) -> None:
    """SEC-54."""
    head, *pairs, one, two = (
        initial_response(Mechanism.OAUTHBEARER, user, Secret(token), host, port).decode().split("\x01")
    )
    binding, name, rest = head.split(",")
    assert (binding, rest) == ("n", "")
    assert name.removeprefix("a=").replace("=2C", ",").replace("=3D", "=") == user
    assert pairs == [f"host={host}", f"port={port}", f"auth=Bearer {token}"]
    assert (one, two) == ("", "")


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))))
def test_a_folder_name_survives_modified_utf7(name: str) -> None:
    encoded = encode(name)
    assert encoded.isascii()
    assert decode(encoded) == name


@given(st.sets(st.integers(1, 2**32 - 1)))
def test_a_sequence_set_names_exactly_its_uids(uids: set[int]) -> None:
    spans = [span.split(":") for span in sequence_set(sorted(uids)).split(",") if span]
    covered = sum(int(span[-1]) - int(span[0]) + 1 for span in spans)
    assert covered == len(uids)
    assert all(int(span[0]) in uids and int(span[-1]) in uids for span in spans)
