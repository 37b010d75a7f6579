"""How a dialogue with a mail server fails: it ends, it refuses the login, or it refuses a command."""

from .sasl import Challenge


class ConnectionLost(Exception):
    """The connection ended, or the server broke the protocol; what was received whole before counts."""


class LoginRefused(Exception):
    """The server said no to the login; `answer` is its last line, `challenge` the reason it gave before."""

    def __init__(self, answer: str, challenge: Challenge) -> None:
        super().__init__(answer)
        self.answer = answer
        self.challenge = challenge


class CommandRefused(Exception):
    """The server said no to a command; the connection is still good."""

    def __init__(self, command: str, answer: str) -> None:
        super().__init__(answer)
        self.command = command
        self.answer = answer
