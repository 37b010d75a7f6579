"""What a run remembers of every message of a large mailbox, beyond a page and beyond memory."""

import sqlite3
from contextlib import closing

import pytest

from bursar.errors import Temporary
from bursar.mail.ledger import Present
from bursar.mail.pop3.listing import PAGE, Listing

MANY = 2 * PAGE + 7


def test_a_listing_of_many_pages_keeps_its_order_its_sizes_and_what_was_deleted() -> None:
    uidls = [b"%d u%d" % (number, number % MANY) for number in range(1, MANY + 1)]
    twin, mute = b"%d u5" % (MANY + 1), b"x odd"
    sizes = (b"%d %d" % (number, number * 10) for number in range(1, MANY))
    with closing(Listing([*uidls, twin, mute], sizes)) as listing:
        shown = [uidl for page in listing.pages() for uidl in page]
        assert shown == [f"u{number % MANY}" for number in range(1, MANY + 1) if number != 5]
        assert (len(listing), listing.twins()) == (MANY + 1, ["u5"])
        assert listing.numbered(["u9", "u0", "gone"]) == {"u9": (9, 90), "u0": (MANY, None)}
        assert not listing.has_deleted
        for uidl in shown[: PAGE + 3]:
            listing.delete(uidl)
        assert listing.has_deleted
        assert [uidl for page in listing.deleted() for uidl in page] == shown[: PAGE + 3]


def test_what_a_server_no_longer_has_is_found_in_any_order() -> None:
    with closing(Present()) as present:
        for start in range(0, 3000, 500):
            present.add(str(number) for number in range(start, start + 500) if number != 1234)
        present.add(["7"])
        assert present.missing(["2999", "1234", "0", "3000"]) == ["1234", "3000"]


def test_a_temporary_directory_without_room_is_said() -> None:
    """SQLite's own limit on pages stands in for a full disk: it fails alike."""
    with closing(Present()) as present:
        present._spill.run("PRAGMA max_page_count = 20")
        with pytest.raises(Temporary, match="temporary directory") as told:
            present.add(f"{number:050}" for number in range(20_000))
    assert told.value.code == "temporary_directory"
    assert isinstance(told.value.__cause__, sqlite3.OperationalError)
