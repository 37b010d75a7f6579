"""requests: the header, and one more try with a new token after a 401."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import requests.auth

if TYPE_CHECKING:
    from .tokens import Bursar


class BursarAuth(requests.auth.AuthBase):
    """A request whose body can be read only once isn't sent again: its 401 is the answer."""

    def __init__(self, bursar: "Bursar", name: str) -> None:
        self._bursar = bursar
        self._name = name

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        token = self._bursar.token(self._name)
        origin = _origin(request.url)
        request.headers["Authorization"] = f"Bearer {token}"

        def again(response: requests.Response, **options: Any) -> requests.Response:
            # After a redirect the hook is still there; to another host the token must not go.
            refused = response.status_code == 401 and _origin(response.request.url) == origin
            sent = response.request.headers.get("Authorization") == f"Bearer {token}"
            body = response.request.body
            if not (refused and sent and (body is None or isinstance(body, str | bytes))):
                return response
            response.content  # noqa: B018 - read to its end, so that the connection can be used again
            response.close()
            second = response.request.copy()
            second.headers["Authorization"] = f"Bearer {self._bursar.refused(self._name, token)}"
            answer: requests.Response = response.connection.send(second, **options)
            answer.history.append(response)
            answer.request = second
            return answer

        request.register_hook("response", again)  # type: ignore[no-untyped-call]
        return request


def _origin(url: str | None) -> tuple[str, str]:
    parts = urlsplit(url or "")
    return parts.scheme, parts.netloc
