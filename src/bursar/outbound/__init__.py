"""The one door out: every connection that Bursar opens is opened here, and what may not be reached is refused here.

rules      what is admitted, which proxy, how long          addresses   which addresses are public
resolve    names to addresses, within the deadline          sockets     every byte within the deadline
slots      so many connections a host at once               door        connect to what was judged
tls        verified, always                                 http        one bounded exchange, no redirect
body       read and unpacked within a limit
"""

from .addresses import AllowedNetworks
from .deadline import Deadline
from .door import Door
from .errors import OutboundFailed, OutboundRefused, OutboundTimeout
from .http import HttpAnswer
from .rules import OutboundRules
from .tls import ClientCertificate

__all__ = [
    "AllowedNetworks",
    "ClientCertificate",
    "Deadline",
    "Door",
    "HttpAnswer",
    "OutboundFailed",
    "OutboundRefused",
    "OutboundRules",
    "OutboundTimeout",
]
