"""Who may organise: a member, and never nobody."""

from collections.abc import Sequence
from hashlib import sha256

from bot.kernel.errors import Refusal

FIELD = "person"


def accept_new(person: str, members: Sequence[str], organisers: Sequence[str]) -> str:
    """Somebody who will organise from now on."""
    if not person:
        raise Refusal("Nobody was chosen.", hint="Choose a member of the group.", field=FIELD)
    if person in organisers:
        raise Refusal("This person is an organiser already.", hint="Choose another member.", field=FIELD)
    if person not in members:
        raise Refusal(
            "This person is not in the study group.", hint="Ask them to join first. It is one press.", field=FIELD
        )
    return person


def accept_leaving(person: str, organisers: Sequence[str]) -> str:
    """An organiser who will be none any more."""
    if person not in organisers:
        raise Refusal("This person is no organiser any more.", hint="Open “Organisers” on your desk again.")
    if len(organisers) == 1:
        raise Refusal("This is the only organiser.", hint="Add another organiser first.")
    return person


def accept_return(person: str, members: Sequence[str], *, outside: bool) -> str:
    """Somebody whose removal is taken back. `outside`: they organised without being a member."""
    if not person or (person not in members and not outside):
        raise Refusal("This person is not in the study group any more.", hint="Ask them to join first.")
    return person


def is_vacant(organisers: Sequence[str], members: Sequence[str], leaving: str = "") -> bool:
    """Whether there are members and nobody organises, once `leaving` is gone."""
    return not set(organisers) - {leaving} and bool(set(members) - {leaving})


def token(member: str) -> str:
    """A short word for a member, inside the name of a message that they alone get."""
    return sha256(member.encode()).hexdigest()[:8]
