"""The test of a connection: the way to the mailbox and on to the destination, up to the first step that fails (SEC-58).

step    what a step is      trial   what IMAP, POP3 and Graph do at each      walk   the way itself
"""

from .step import Choice, Step
from .walk import STEPS, probe

__all__ = ["STEPS", "Choice", "Step", "probe"]
