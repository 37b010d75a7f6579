"""The maildir's four steps, and what a restart finds after each of them."""

import os
from pathlib import Path

import pytest

from bursar.mail.delivery.maildir import Maildir
from bursar.mail.delivery.names import Names

NAMES = Names("account", "INBOX", "7")
BODY = b"Subject: x\r\n\r\nbare lf\nno end \xff\0"


@pytest.fixture
def maildir(tmp_path: Path) -> Maildir:
    made = Maildir(tmp_path / "deep" / "mail")
    made.prepare()
    return made


def everything(name: str) -> bool:
    return True


def files(maildir: Maildir, part: str) -> list[str]:
    return sorted(path.name for path in (maildir.path / part).iterdir())


def test_a_missing_maildir_is_made_for_its_owner_alone(maildir: Maildir) -> None:
    for part in ("", "new", "cur", "tmp"):
        assert (maildir.path / part).stat().st_mode & 0o777 == 0o700


def test_a_delivered_message_is_whole_and_leaves_nothing_in_tmp(maildir: Maildir) -> None:
    maildir.stage("m", BODY)
    assert files(maildir, "new") == []
    maildir.place(["m"])
    maildir.clear(["m"])
    assert (maildir.path / "new" / "m").read_bytes() == BODY
    assert (maildir.path / "new" / "m").stat().st_mode & 0o777 == 0o600
    assert files(maildir, "tmp") == []


def test_placing_never_overwrites_a_file(maildir: Maildir) -> None:
    (maildir.path / "new" / "m").write_bytes(b"there before")
    maildir.stage("m", BODY)
    maildir.place(["m"])
    assert (maildir.path / "new" / "m").read_bytes() == b"there before"


def test_two_runs_can_not_stage_the_same_message(maildir: Maildir) -> None:
    maildir.stage("m", BODY)
    with pytest.raises(FileExistsError):
        maildir.stage("m", BODY)


def test_after_a_kill_before_placing_nothing_counts_and_tmp_is_cleaned(maildir: Maildir) -> None:
    maildir.stage(NAMES.name("1"), BODY)
    (maildir.path / "tmp" / "somebody-else").write_bytes(b"")
    assert maildir.recover(NAMES, everything) == set()
    assert files(maildir, "tmp") == ["somebody-else"]


@pytest.mark.parametrize(
    "moved",
    ["new/{name}", "cur/{name}:2,S", "cur/other-name:2,", ".Archive/cur/{name}:2,", ".Archive/new/renamed"],
)
def test_a_placed_message_is_found_wherever_a_mail_reader_moved_it(maildir: Maildir, moved: str) -> None:
    """SEC-59: killed between the link and the ledger, then a reader was faster than the restart."""
    name = NAMES.name("1")
    maildir.stage(name, BODY)
    maildir.place([name])
    target = maildir.path / moved.format(name=name)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(maildir.path / "new" / name, target)
    assert maildir.recover(NAMES, everything) == {name}
    assert files(maildir, "tmp") == [name], "it stays until the ledger has been told"


def test_a_hard_link_made_by_a_backup_is_not_taken_for_a_delivery(maildir: Maildir, tmp_path: Path) -> None:
    name = NAMES.name("1")
    maildir.stage(name, BODY)
    os.link(maildir.path / "tmp" / name, tmp_path / "snapshot")
    assert maildir.recover(NAMES, everything) == set()


def test_what_the_ledger_knows_is_not_adopted_again(maildir: Maildir) -> None:
    maildir.stage(NAMES.name("1"), BODY)
    maildir.place([NAMES.name("1")])
    assert maildir.recover(NAMES, lambda name: False) == set()
    assert files(maildir, "tmp") == []


def test_another_account_folder_or_uidvalidity_is_another_message(maildir: Maildir) -> None:
    others = [Names("other", "INBOX", "7"), Names("account", "Sent", "7"), Names("account", "INBOX", "8")]
    assert len({names.name("1") for names in (NAMES, *others)}) == 4
    for names in others:
        maildir.stage(names.name("1"), BODY)
        maildir.place([names.name("1")])
        maildir.clear([names.name("1")])
    assert maildir.recover(NAMES, everything) == set()
