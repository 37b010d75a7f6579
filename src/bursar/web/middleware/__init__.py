"""What stands between a browser and the views, from the outside in."""

from .audited import Audited
from .browser_headers import BrowserHeaders
from .client_address import TrustedProxies
from .cross_site import CrossSite
from .host_cookies import HostCookies
from .one_host import OneHost
from .persons_language import PersonsLanguage
from .persons_zone import PersonsZone
from .session_limits import SessionLimits
from .whereabouts import Whereabouts

__all__ = [
    "Audited",
    "BrowserHeaders",
    "CrossSite",
    "HostCookies",
    "OneHost",
    "PersonsLanguage",
    "PersonsZone",
    "SessionLimits",
    "TrustedProxies",
    "Whereabouts",
]
