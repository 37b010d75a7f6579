"""What the benchmarks of the hand-out share: nginx as yardstick and provider, wrk, and homes full of tokens."""

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.report import machine
from tests.counterparts.home import BursarHome
from tests.counterparts.processes import REPOSITORY, answers, free_port, wait_until

NGINX = """
pid {place}/pid; error_log stderr error; worker_processes 1; daemon off;
events {{}}
http {{
  access_log off;
  {paths}
  server {{
    listen 127.0.0.1:{port}; default_type application/json; keepalive_requests 100000000;
    set $new "$request_id$request_id$request_id$request_id";
    location /token {{
      return 200 '{{"access_token":"$new","refresh_token":"r$new","token_type":"Bearer","expires_in":3600}}';
    }}
    location / {{ return 200 '{body}'; }}
  }}
}}
"""
SCRIPT = """
local n = 0
request = function()
  n = (n + 7) % {names}
  return wrk.format("GET", string.format("/api/v1/tokens/mail-%06d", n), {{["Authorization"] = "Bearer {key}"}})
end
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  local rate, p99 = summary.requests / summary.duration * 1e6, latency:percentile(99) / 1e3
  io.write(string.format("RESULT %f %f %d %d\\n", rate, p99, failed, summary.requests))
end
"""


class Nginx:
    """`return 200` of `body`, and a token endpoint at /token."""

    def __init__(self, place: Path, body: str) -> None:
        place.mkdir()
        self.port = free_port()
        names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = " ".join(f"{name}_temp_path {place}/{name};" for name in names)
        configuration = place / "nginx.conf"
        configuration.write_text(NGINX.format(place=place, paths=paths, port=self.port, body=body))
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        assert program is not None
        self._process = subprocess.Popen([program, "-p", str(place), "-c", str(configuration)])
        wait_until(lambda: answers(self.port), "nginx's start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def worker(self) -> int:
        """The process that answers."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0])

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


@dataclass(frozen=True)
class Measured:
    """Requests a second, 99th percentile in milliseconds, failed requests, and the server's CPU time for one."""

    rate: float
    p99: float
    failed: int
    micros: float

    @property
    def a_core(self) -> float:
        """What a core would answer in a second that the server has for itself."""
        return 1e6 / self.micros


def wrk(place: Path, url: str, pid: int, connections: int, key: str, seconds: float, names: int = 1000) -> Measured:
    """One run of wrk with one thread, over all names, against the process `pid`."""
    script = place / "wrk.lua"
    script.write_text(SCRIPT.format(key=key, names=names))
    script.chmod(0o600)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", str(script), url]
    before = processor(pid)
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = processor(pid) - before
    found = re.search(r"RESULT (\S+) (\S+) (\d+) (\d+)", told)
    assert found, told
    return Measured(float(found[1]), float(found[2]), int(found[3]), used / int(found[4]) * 1e6)


def processor(pid: int) -> float:
    """The CPU time of a process so far, in seconds (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def conditions() -> str:
    """The date, the machine, and how busy others keep it: their work makes figures worse, and ratios uncertain."""
    nice = f", at nice {os.nice(0)}" if os.nice(0) else ""
    return f"*{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine()}, load average {os.getloadavg()[0]:.1f}{nice}*"


def fill(home: BursarHome, *arguments: object) -> None:
    """Run `filling` in the home: see there."""
    command = [sys.executable, "-m", "tests.bench.filling", *map(str, arguments)]
    subprocess.run(command, env=home.environ, cwd=REPOSITORY, check=True)


def memory(pid: int) -> str:
    """The resident memory of a process."""
    found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return f"{int(found[1]) / 1024:.0f} MB" if found else "?"
