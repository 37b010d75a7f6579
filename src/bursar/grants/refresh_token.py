"""Refresh (RFC 6749 §6)."""

from .kind import GrantKind, Values, text


class RefreshTokenGrant:
    """The refresh token; the scope goes along only where the document maps it, and never widens what was granted."""

    kind = GrantKind.REFRESH_TOKEN
    refreshes = True
    consented = True

    def parameters(self, values: Values) -> dict[str, str]:
        return {"refresh_token": text(values["RefreshToken"])}
