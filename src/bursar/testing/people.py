"""The people who can sign in at a practice or test provider. None of them exists."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Human:
    """Somebody with an account at the provider; `subject` is what the provider calls them (`sub`)."""

    subject: str
    name: str
    email: str


PEOPLE = (
    Human("practice-support", "Sasha Support", "support@practice.example"),
    Human("practice-billing", "Bela Billing", "billing@practice.example"),
    Human("practice-jobs", "Jo Jobs", "jobs@practice.example"),
)


def human(email: str) -> Human:
    """The person with this address; a stranger is made up on the spot, so that tests can name anybody."""
    for known in PEOPLE:
        if known.email == email:
            return known
    return Human(f"subject-{email}", email.partition("@")[0], email)
