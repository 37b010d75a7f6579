"""What people paste in the place of a client secret, known by its shape before a provider has to refuse it. Pure.

Sources: Microsoft's page "Add credentials" of app registrations, where the Secret ID is a GUID and the Value is not
(read November 2026).
"""

import re

_GUID = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def secret_mistake(provider: str, client_id: str, secret: str) -> str | None:
    """What was pasted instead of the secret, and what to do; None where nothing is known against it."""
    if secret == client_id:
        return "That is the client ID. Enter the secret that belongs to it."
    if provider == "Microsoft" and _GUID.fullmatch(secret):
        return "That was the Secret ID, not the secret. Copy the column Value and paste it here."
    return None
