"""Debian's Dovecot with a configuration of its own: passwords, and tokens that a provider is asked about."""

import grp
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from . import certificates
from .processes import answers, directory, free_ports, remove, unprivileged, wait_until

PASSWORD = 'pa-ss:w"o\\rd'
MECHANISMS = "xoauth2 oauthbearer plain login"

CONFIGURATION = """
protocols = imap pop3 lmtp
listen = 127.0.0.1
base_dir = {place}/run
state_dir = {place}/state
log_path = {place}/log
auth_verbose = yes
auth_failure_delay = 0
auth_mechanisms = {mechanisms}
disable_plaintext_auth = no
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{place}/mail/%u
mail_max_userip_connections = 200
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_dh =
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {place}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={place}/home/%u allow_all_users=yes
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  {chroot}
  process_min_avail = 1
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  {chroot}
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@bursar.test
}}
"""

INTROSPECTION = """
introspection_mode = post
introspection_url = {url}
force_introspection = yes
active_attribute = active
active_value = true
username_attribute = email
scope = mail
openid_configuration_url = {issuer}/.well-known/openid-configuration
"""


class Introspecting(Protocol):
    """A provider that knows the client `introspector`: oidc-provider and FakeProvider both do."""

    @property
    def issuer(self) -> str: ...

    @property
    def introspection_url(self) -> str: ...


class Dovecot:
    """Runs until close(). Every user exists; PASSWORD opens every mailbox, a token that of the address it is for."""

    def __init__(self, provider: Introspecting, mechanisms: str = MECHANISMS, password: str = PASSWORD) -> None:
        self._password = password
        self.mechanisms = mechanisms
        self.directory = directory("dovecot")
        self.certificates = certificates.make(self.directory)
        self.imap, self.imaps, self.pop3, self.pop3s, self.lmtp = free_ports(5)
        self._owner = unprivileged()
        for name in ("mail", "home"):
            (self.directory / name).mkdir()
            os.chown(self.directory / name, self._owner.pw_uid, self._owner.pw_gid)
        self._delivered = 0
        self._configure(provider)
        self._master: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def ca(self) -> Path:
        """The authority to trust for IMAPS and STARTTLS."""
        return self.certificates.ca

    def start(self) -> None:
        """Listen on the five ports; returns when they answer."""
        with (self.directory / "start").open("wb") as output:
            self._master = subprocess.Popen(
                [_program(), "-F", "-c", str(self.directory / "dovecot.conf")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_until(lambda: answers(self.imap) or self._ended(), "Dovecot's start")
        except TimeoutError as problem:
            raise RuntimeError(self.log()) from problem
        if self._ended():
            raise RuntimeError(f"Dovecot ended: {self.log()}")

    def stop(self) -> None:
        """End it; the mail stays, and start() brings it back."""
        if self._master is not None:
            self._master.terminate()
            self._master.wait(15)
            self._master = None

    def close(self) -> None:
        """End for good, mail and all, at once: nothing has to be saved."""
        if self._master is not None:
            os.killpg(self._master.pid, signal.SIGKILL)
            self._master.wait(15)
            self._master = None
        remove(self.directory)

    def use(self, provider: Introspecting) -> None:
        """From now on, ask this provider about tokens."""
        self.stop()
        self._configure(provider)
        self.start()

    def deliver(self, user: str, messages: Iterable[bytes], folder: str = "INBOX") -> None:
        """Put messages into a mailbox as a local delivery would, byte for byte."""
        box = self._mailbox(user, folder)
        if not (box / "cur").is_dir():
            self._make(box)
        host = socket.gethostname()
        for message in messages:
            self._delivered += 1
            name = f"{time.time_ns() // 10**9}.M{self._delivered:09d}P{os.getpid()}.{host}"
            (box / "tmp" / name).write_bytes(message)
            os.chown(box / "tmp" / name, self._owner.pw_uid, self._owner.pw_gid)
            os.rename(box / "tmp" / name, box / "new" / name)

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """What the mailbox holds, in the order of delivery."""
        return [path.read_bytes() for path in self._files(user, folder)]

    def count(self, user: str, folder: str = "INBOX") -> int:
        return len(self._files(user, folder))

    def seen(self, user: str, folder: str = "INBOX") -> int:
        """How many messages carry the flag \\Seen."""
        return sum("S" in path.name.partition(":2,")[2] for path in self._files(user, folder))

    def make_folder(self, user: str, folder: str) -> None:
        self._make(self._mailbox(user, folder))

    def empty(self, user: str) -> None:
        """Take the whole mailbox away; its next life has another UIDVALIDITY."""
        remove(self.directory / "mail" / user)

    def log(self) -> str:
        """What it wrote, for the message of a failed test."""
        files = (self.directory / name for name in ("start", "log"))
        return "".join(path.read_text(errors="replace") for path in files if path.exists())

    def _files(self, user: str, folder: str) -> list[Path]:
        box = self._mailbox(user, folder)
        return sorted((path for part in ("cur", "new") for path in (box / part).glob("*")), key=lambda path: path.name)

    def _mailbox(self, user: str, folder: str) -> Path:
        home = self.directory / "mail" / user
        return home if folder == "INBOX" else home / ("." + folder.replace("/", "."))

    def _make(self, box: Path) -> None:
        missing = [path for path in (box, *box.parents) if not path.exists()]
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
            missing.append(box / part)
        for path in missing:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def _configure(self, provider: Introspecting) -> None:
        place, root = self.directory, os.getuid() == 0
        myself = self._owner.pw_name
        url = urlsplit(provider.introspection_url)
        known = url._replace(netloc=f"introspector:introspector-secret@{url.netloc}").geturl()
        (place / "oauth2.conf").write_text(INTROSPECTION.format(url=known, issuer=provider.issuer))
        (place / "dovecot.conf").write_text(
            CONFIGURATION.format(
                place=place,
                mechanisms=self.mechanisms,
                password=self._password,
                internal="dovecot" if root else myself,
                internal_group="dovecot" if root else grp.getgrgid(os.getgid()).gr_name,
                login="dovenull" if root else myself,
                chroot="" if root else "chroot =",
                certificate=self.certificates.certificate,
                key=self.certificates.key,
                uid=self._owner.pw_uid,
                gid=self._owner.pw_gid,
                imap=self.imap,
                imaps=self.imaps,
                pop3=self.pop3,
                pop3s=self.pop3s,
                lmtp=self.lmtp,
            )
        )

    def _ended(self) -> bool:
        return self._master is None or self._master.poll() is not None


def _program() -> str:
    found = shutil.which("dovecot") or "/usr/sbin/dovecot"
    if not Path(found).exists():
        raise FileNotFoundError("Dovecot is not installed: run tests/counterparts/install.sh")
    return found


def message(number: int, size: int = 0) -> bytes:
    """A small mail with CRLF, an empty line, a dot line and bytes above 127; `size` pads it to that many bytes."""
    head = (
        f"From: Sender {number} <sender{number}@bursar.test>\r\nTo: support@bursar.test\r\n"
        f"Subject: Ticket {number}\r\nMessage-ID: <{number}@bursar.test>\r\n"
        f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\n"
    )
    body = head.encode() + f"Message {number}\r\n.\r\nFrom here on: \xfc\r\n".encode("latin-1")
    return body + (b"y" * 70 + b"\r\n") * max(0, (size - len(body)) // 72)
