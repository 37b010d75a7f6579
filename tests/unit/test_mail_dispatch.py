"""By recipient: which destination gets a message."""

from collections.abc import Callable, Collection, Mapping, Sequence

from bursar.mail.delivery.destination import Failure, Hold, Parcel
from bursar.mail.delivery.dispatch import Dispatch, addressee, headline, recipients
from bursar.mail.delivery.names import Names
from bursar.mail.delivery.smtp import _sender


class Noting:
    """A destination that keeps what it is given; it refuses bodies that say so."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.calls: list[str] = []

    def prepare(self) -> None:
        self.calls.append("prepare")

    def recover(self, names: Names, wanted: Callable[[str], bool]) -> Collection[str]:
        return [f"placed-{id(self)}"]

    def forget(self, ids: Collection[str]) -> None:
        self.calls.append("forget")

    def deliver(self, parcels: Sequence[Parcel], hold: Hold) -> Mapping[str, Failure]:
        self.got += [parcel.id for parcel in parcels if parcel.body != b"refuse"]
        return {parcel.id: Failure("refused") for parcel in parcels if parcel.body == b"refuse"}

    def close(self) -> None:
        self.calls.append("close")


class Held:
    def keep(self) -> None: ...

    def begin(self, parcels: Sequence[Parcel]) -> None: ...

    def record(self, parcels: Sequence[Parcel]) -> None: ...


def test_the_envelope_s_address_counts_before_the_header_s() -> None:
    raw = b"To: A <a@x>, b@x\r\nCc: C@X\r\nX-Original-To: d@x\r\nDelivered-To: box@x\r\n\r\nTo: body@x"
    assert recipients(raw) == ["d@x", "a@x", "b@x", "c@x", "box@x"]
    assert addressee(raw, {"b@x", "c@x"}) == "b@x"
    assert addressee(raw, {"body@x"}) is None


def test_odd_headers_are_read_as_far_as_they_go() -> None:
    assert recipients(b'To: =?utf-8?q?=C3=BC?= <u@x>, "a, b" <q@x>,\r\n folded@x\r\n\r\n') == ["u@x", "q@x", "folded@x"]
    assert recipients(b"To: undisclosed-recipients:;\r\n\r\n") == []
    assert recipients(b"\xff\xfe\0") == []


def test_a_stranger_s_header_can_t_end_a_run() -> None:
    deep = b"(" * 20_000
    body = b"To: " + deep + b"\r\nCc: a@example.org\r\nReturn-Path: " + deep + b"\r\nFrom: " + deep + b"\r\n"
    assert recipients(body + b"\r\nx") == ["a@example.org"]
    assert _sender(body + b"\r\nx") == ""
    assert headline(body + b"Subject: Hello\r\n\r\nx") == ("", "Hello")
    # Quadratic in what it reads, so only its beginning is read.
    assert headline(b"From: " + b"a," * 100_000 + b"\r\n\r\nx")[0].startswith("a,")
    assert headline(b"From: =?utf-8?q?J=C3=B6rg?= <j@example.org>\r\n\r\n") == ("Jörg <j@example.org>", "")


def test_each_parcel_goes_to_its_recipient_s_destination_or_the_default() -> None:
    default, sales, shared = Noting(), Noting(), Noting()
    dispatch = Dispatch(default, {"sales@x": sales, "a@x": shared, "b@x": shared})
    parcels = [
        Parcel("1", "1", b"", "sales@x"),
        Parcel("2", "2", b"", "nobody@x"),
        Parcel("3", "3", b"", "a@x"),
        Parcel("4", "4", b"refuse", "b@x"),
    ]
    dispatch.prepare()
    failures = dispatch.deliver(parcels, Held())
    dispatch.close()
    assert (default.got, sales.got, shared.got) == (["2"], ["1"], ["3"])
    assert failures == {"4": Failure("refused")}
    assert shared.calls == ["prepare", "close"], "one destination, however many addresses it has"
    assert len(dispatch.recover(Names("a", "INBOX", "1"), lambda _: True)) == 3
