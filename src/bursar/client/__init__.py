"""The client of Bursar's hand-out, with nothing but the standard library.

    from bursar.client import Bursar

    tokens = Bursar("https://bursar.example.org", key)      # or Bursar("/var/lib/bursar/bursar.sock")
    tokens.token("Sales inbox")                             # a valid access token, from memory while it lives

    httpx.get(url, auth=tokens.httpx_auth("Sales inbox"))
    requests.get(url, auth=tokens.requests_auth("Sales inbox"))
    tokens.log_in(imaplib.IMAP4_SSL("imap.example.org"), "sales@example.org", "Sales inbox")
    tokens.log_in(poplib.POP3_SSL("pop.example.org"), "sales@example.org", "Sales inbox")
    tokens.log_in(smtplib.SMTP_SSL("smtp.example.org"), "sales@example.org", "Sales inbox")

    await AsyncBursar("https://bursar.example.org", key).token("Sales inbox")

Each of them asks for one new token and tries once more where a server refuses the first. Errors are BursarError:
NotPermitted, PersonMustAct, or Temporary, each with a code, a sentence and the next step.
"""

from .aio import AsyncBursar
from .errors import BursarError, NotPermitted, PersonMustAct, Temporary
from .tokens import AccessToken, Bursar

__all__ = ["AccessToken", "AsyncBursar", "Bursar", "BursarError", "NotPermitted", "PersonMustAct", "Temporary"]
