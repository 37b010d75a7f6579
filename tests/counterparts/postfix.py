"""Debian's Postfix with a configuration and a queue of its own, delivering into maildirs; one address it refuses."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from . import certificates
from .processes import answers, directory, free_port, remove, unprivileged, wait_until

REFUSED, FULL = "refused@bursar.test", "full@bursar.test"

MAIN = """
compatibility_level = 3.6
maillog_file = {place}/log/log
maillog_file_prefixes = {place}
queue_directory = {place}/queue
data_directory = {place}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.bursar.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
virtual_mailbox_domains = bursar.test
virtual_mailbox_base = {place}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {refused}=REJECT, {full}=DEFER }}, permit_mynetworks, reject
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtpd_tls_loglevel = 1
smtpd_peername_lookup = no
message_size_limit = 20000000
smtputf8_enable = yes
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
virtual   unix  - n n - - virtual
tlsmgr    unix  - - n 1000? 1 tlsmgr
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Runs until close(). Everything for bursar.test lands in one maildir, unless its address is refused."""

    def __init__(self) -> None:
        self.directory = directory("postfix")
        self.certificates = certificates.make(self.directory)
        self.smtp = free_port()
        owner, postfix = unprivileged(), pwd.getpwnam("postfix")
        places = {name: self.directory / name for name in ("config", "queue", "data", "mail", "log")}
        for place in places.values():
            place.mkdir()
        os.chown(places["data"], postfix.pw_uid, postfix.pw_gid)
        os.chown(places["mail"], owner.pw_uid, owner.pw_gid)
        self._config = places["config"]
        (self._config / "main.cf").write_text(
            MAIN.format(
                place=self.directory,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                refused=REFUSED,
                full=FULL,
                certificate=self.certificates.certificate,
                key=self.certificates.key,
            )
        )
        (self._config / "master.cf").write_text(MASTER.format(port=self.smtp))
        self.start()

    def start(self) -> None:
        """Returns when it answers."""
        self._postfix("start")
        wait_until(lambda: answers(self.smtp), f"Postfix's start ({self.log()})")

    def stop(self) -> None:
        """End it at once; start() brings it back."""
        self._postfix("abort")
        wait_until(lambda: not answers(self.smtp), "Postfix's end")

    def close(self) -> None:
        if answers(self.smtp):
            self.stop()
        remove(self.directory)

    def messages(self) -> list[bytes]:
        """What it delivered, without the headers that it put on top."""
        found = [path.read_bytes() for path in (self.directory / "mail" / "inbox" / "new").glob("*")]
        return [message[message.index(b"X-Bursar-Delivery:") :] for message in found]

    def is_idle(self) -> bool:
        """Whether it has delivered all that it took."""
        queues = (self.directory / "queue" / name for name in ("maildrop", "incoming", "active", "deferred"))
        return not any(path.is_file() for queue in queues for path in queue.rglob("*"))

    def log(self) -> str:
        """What it wrote, for the message of a failed test."""
        path = self.directory / "log" / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _postfix(self, command: str) -> None:
        # Its daemons would keep a pipe open for ever: the output goes to a file.
        output = self.directory / f"{command}.txt"
        with output.open("wb") as file:
            done = subprocess.run(
                [_program(), "-c", str(self._config), command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"postfix {command}: {output.read_text()} {self.log()}")


def _program() -> str:
    found = shutil.which("postfix") or "/usr/sbin/postfix"
    if not Path(found).exists():
        raise FileNotFoundError("Postfix is not installed: run tests/counterparts/install.sh")
    return found
