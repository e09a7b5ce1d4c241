"""Who may do what: judged before the handler runs, by the platform's word at that moment."""

from bot.kernel.errors import Refusal
from bot.kernel.event import Scene
from bot.kernel.feature import Route, Who
from bot.kernel.peer_facts import IsShutOut
from bot.kernel.ports import Tx


class Join(Refusal):
    """Only members may; joining is one press away."""


def authorise(route: Route, scene: Scene, tx: Tx) -> None:
    """Raises Refusal where this person may not; `Join` where joining would help."""
    if not scene.ready and not route.before_ready:
        raise Refusal("This group is not set up yet.", hint="An admin, or whoever may set it up, types /study here.")
    if route.who is Who.MEMBER and not scene.is_member:
        if scene.ask(IsShutOut(scene.member), tx):
            raise Refusal(
                "An organiser has removed you from this study group.",
                hint="Is that a mistake? Write to an organiser. They can let you back in.",
            )
        raise Join("You are not in this study group yet.", hint="Joining is one press. You can leave at any time.")
    if route.who is Who.ORGANISER and not scene.is_organiser:
        raise Refusal("Only an organiser of this group can do that.", hint="Ask one of its organisers.")
