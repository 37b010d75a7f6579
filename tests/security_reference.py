"""Writes docs/reference/security.md from the tests: each item of the security list with the tests that name it.

`python -m tests.security_reference` writes the page; `tests/unit/test_docs.py` fails where it is out of date.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "security.md"
SEC = re.compile(r"SEC-(\d+)((?:(?:, | and )(?:SEC-)?\d+)*)")

GROUPS: list[tuple[str, dict[int, str]]] = [
    (
        "Authorization request",
        {
            1: "Only the code flow; no document can ask for another response type or grant",
            2: "PKCE with S256 and a fresh verifier for every attempt",
            3: "`state` is random, short, single-use, stored hashed, and bound to session, person and generation",
            4: "The redirect URI comes from the system configuration, never from a header",
            5: "Starting a consent is a POST with a CSRF token and the right to do it",
            6: "Scopes as configured; what secures the flow can't be overridden",
        },
    ),
    (
        "Callback",
        {
            7: "Only the browser session and the person that started may finish",
            8: "A consent is consumed once, atomically, before the exchange",
            9: "Consents end after ten minutes and with any change; two tabs don't disturb each other",
            10: "Mix-up defence: the issuer is checked, pinned at the first consent, and demanded from then on",
            11: "Error answers are data: escaped, cut, never followed; no parameter comes twice",
            12: "The code leaves no trace in pages, logs or history",
            13: "Another account than before is held back until a person agrees",
            14: "A consent without refresh token is said to end, and overwrites none",
        },
    ),
    (
        "Token endpoint",
        {
            15: "The client authenticates exactly as configured, once, with reserved characters intact",
            16: "POST over verified TLS; no redirect is followed",
            17: "Answers are bounded and read strictly; known deviations by name",
            18: "A success has a usable access token of type Bearer",
            19: "One table judges errors; what can't get better by asking isn't asked again",
            20: "Granted scopes are compared as sets",
            21: "Expiry counts from before the request; an unknown one is assumed and said to be",
        },
    ),
    (
        "Refresh and rotation",
        {
            22: "One refresh per token across threads, processes and hosts",
            23: "Rotation is stored whole; an absent refresh token keeps the old one",
            24: "The attempt is written before the provider is called, or it isn't called",
            25: "A token is committed and synced before anybody gets it",
            26: "A verdict binds only the refresh token it was about",
            27: "A late process overwrites nothing newer; a late success is adopted",
            28: "Back-off with jitter and Retry-After; a valid token is served meanwhile",
            29: "Idle tokens are kept alive",
            30: "Correcting the cause clears the failure, without a restart, in every process",
        },
    ),
    (
        "Storage",
        {
            31: "Secrets are encrypted at rest; without its key nothing starts",
            32: "A ciphertext opens only in its place",
            34: "A wrong key changes nothing",
            35: "Deleted means gone; the provider is told to revoke until it hears",
        },
    ),
    (
        "Pages",
        {
            36: "The first administrator comes by a one-time link, without a race",
            37: "Argon2id, limits on attempts, the same answer for unknown people",
            38: "Sessions live on the server and really end",
            39: "Every change is checked against forgery; GET changes nothing",
            40: "A strict content policy and the other browser headers on every page",
            41: "Secrets are write-only",
            42: "Roles are checked on every route",
            43: "The dangerous few ask for the password again",
        },
    ),
    (
        "Hand-out",
        {
            44: "Keys are random, prefixed, hashed, shown once, expiring, and revocable at once",
            45: "A key has patterns, verbs and networks; nothing is a fallback",
            46: "The hand-out is careful: header only, no-store, remaining life, never a refresh token",
            47: "Every hand-out is recorded; one command stops everything",
        },
    ),
    (
        "Connections out",
        {
            48: "Endpoint URLs are judged once, by one parser",
            49: "Addresses are judged when connecting, and the judged one is used",
            50: "Redirects get no credentials",
            51: "TLS is verified everywhere, STARTTLS too",
            52: "Deadlines, sizes, and nothing taken from the environment",
            53: "Discovery is pinned: the issuer equals itself byte for byte, and a later change needs a person",
        },
    ),
    (
        "Mail",
        {
            54: "SASL strings can't be broken out of",
            55: "Encryption before authentication, without a way back",
            56: "A refused login is finished and explained",
            57: "One forced new token, one more login, then stop",
            58: "The login is its own field: shared mailboxes",
            59: "Collecting survives kills: nothing lost, nothing twice",
        },
    ),
    (
        "Documents, logs, availability",
        {
            60: "Exports carry no secret unless asked for",
            61: "Import is strict, bounded, all or nothing, with a dry run",
            62: "A change of where secrets go holds them until confirmed",
            63: "Export and import are inverse, sorted and stable",
            64: "No secret in logs, argument lists or tracebacks",
            65: "One row that is only ever added, for each change that is asked for, also where it is refused",
            66: "Texts from outside forge neither logs nor pages; errors say little",
            68: "A killed process needs no hand to start again",
            69: "Trouble of the database is survived: nothing is called, nothing half done, recovery by itself",
            70: "A slow provider delays no other",
        },
    ),
]


def proofs() -> dict[int, list[str]]:
    """For each item the tests that name it, as `file::test`, or the file where its module's docstring does."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text())
        where = path.relative_to(ROOT).as_posix()
        for number in _named(ast.get_docstring(tree) or ""):
            found[number].append(where)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for number in _named(ast.get_docstring(node) or ""):
                    found[number].append(f"{where}::{node.name}")
    return found


def page() -> str:
    """The page's text."""
    lines = [
        "# Security, item by item",
        "",
        "Each promise with the tests that prove it. Written by `python -m tests.security_reference`; don't edit it.",
    ]
    found = proofs()
    for title, items in GROUPS:
        lines += ["", f"## {title}"]
        for number, promise in items.items():
            tests = found.get(number, [])
            lines += ["", f"**SEC-{number}** {promise}."]
            lines += (
                [""] + [f"- `{test}`" for test in tests] if tests else ["", "- not yet proven by a test of its own"]
            )
    return "\n".join(lines) + "\n"


def _named(text: str) -> list[int]:
    numbers = [int(n) for match in SEC.finditer(text) for n in re.findall(r"\d+", match.group())]
    return sorted(set(numbers))


if __name__ == "__main__":
    PAGE.write_text(page())
