"""Client credentials (RFC 6749 §4.4)."""

from .kind import GrantKind, Values


class ClientCredentialsGrant:
    """The client itself is all there is; the scope goes along where the document maps it."""

    kind = GrantKind.CLIENT_CREDENTIALS
    refreshes = False
    consented = False

    def parameters(self, values: Values) -> dict[str, str]:
        del values
        return {}
