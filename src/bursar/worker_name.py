"""Names a process in leases so that another process can tell, without a doubt, that it is gone."""

import os
import socket
from pathlib import Path


def worker_name() -> str:
    """Host, boot and pid namespace, pid, and the pid's start time: no two processes ever share it."""
    pid = os.getpid()
    return "|".join((*_surroundings(), str(pid), _started(pid)))


def is_gone(name: str) -> bool:
    """True only if the named process ran in these very surroundings and runs no more; in any doubt False."""
    parts = name.split("|")
    here = _surroundings()
    if len(parts) != len(here) + 2 or tuple(parts[: len(here)]) != here or "" in here:
        return False
    pid, started = parts[-2:]
    return pid.isdigit() and started != "" and _started(int(pid)) != started


def is_running(name: str) -> bool:
    """True only if the named process runs in these very surroundings; in any doubt False."""
    parts = name.split("|")
    here = _surroundings()
    return (
        len(parts) == len(here) + 2
        and tuple(parts[: len(here)]) == here
        and parts[-2].isdigit()
        and _started(int(parts[-2])) == parts[-1]
        and Path(f"/proc/{parts[-2]}").exists() == bool(parts[-1])
    )


def _surroundings() -> tuple[str, str, str]:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        boot = namespace = ""
    return socket.gethostname().replace("|", ""), boot, namespace


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot (proc(5), field 22); empty where there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
