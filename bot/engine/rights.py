"""Who may do what: judged before the handler runs, by the platform's word at that moment."""

from bot.kernel.errors import Refusal
from bot.kernel.event import Scene
from bot.kernel.feature import Route, Who


class Join(Refusal):
    """Only members may; joining is one press away."""


def authorise(route: Route, scene: Scene) -> None:
    """Raises Refusal where this person may not; `Join` where joining would help."""
    if not scene.ready and not route.before_ready:
        raise Refusal("This group is not set up yet.", hint="An admin, or whoever may set it up, types /study here.")
    if route.who is Who.MEMBER and not scene.is_member:
        raise Join("You are not in this study group yet.", hint="Joining is one press. You can leave at any time.")
    if route.who is Who.ORGANISER and not scene.is_organiser:
        raise Refusal("Only an organiser of this group can do that.", hint="Ask one of its organisers.")
