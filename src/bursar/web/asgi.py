"""The application that a server runs: the static door, a bound on bodies, then Django.

`bursar.app.boot` comes before it is imported.
"""

from typing import cast

from django.core.asgi import get_asgi_application

from .assets import Application, Assets
from .body_bound import BodyBound

application: Application = Assets(BodyBound(cast("Application", get_asgi_application())))
