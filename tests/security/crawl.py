"""
Presses every button that anybody is offered, and every button that comes back, and remembers them all.

Whatever a new feature registers is found by this without a word here: its commands are typed, its cards are pressed
through, its forms are sent, and its routes are tried without a card as well.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.engine.outcome import Outcome
from bot.kernel import codec
from bot.kernel.action import Action
from bot.kernel.card import (
    Card,
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Form,
    PersonField,
    TextField,
)
from bot.kernel.effect import Reply
from bot.kernel.event import Chosen, Pressed, Said, Submitted, Told, Typed, Upload, Value, What
from tests.security.days import WORDS, town
from tests.security.town import (
    ADA,
    BEN,
    CARA,
    DORA,
    MONDAY,
    OLGA,
    TASK,
    TOLD,
    UMA,
    Moment,
    Town,
    Visitor,
    readable,
)

DEEP = 4  # presses, one after another
ALIKE = 4  # deeds of one route that are remembered; the dates of a long plan are alike
OPTIONS = 3  # of a menu
WEEKLY = ("mlsd.", "partners.", "reviews.", "safety.", "nudges.")  # what comes with the later moments
ALIKE_LATER = 2  # ... at the later moments
AT_HOME = (Visitor("", OLGA), Visitor("", ADA), Visitor("", BEN), Visitor("", CARA), Visitor("", DORA))
GUESSES = {
    "task": TASK, "round": TASK, "day": TASK, "date": TASK, "n": "1", "number": "1", "page": "0", "who": "1",
    "group": "web:bench", "member": ADA, "feature": "daily", "told": "0" * 12, "sure": "1", "item": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Offer:
    """A deed that was possible for `by` when the rows were `image`: at a moment of the town, or some presses later."""

    route: str
    what: What
    by: str
    moment: Moment
    image: bytes = field(repr=False)
    receipt: str = ""

    @property
    def args(self) -> tuple[tuple[str, str], ...]:
        return self.what.action.args if isinstance(self.what, Pressed | Submitted) else ()

    @property
    def label(self) -> str:
        return f"{type(self.what).__name__} {codec.dump(self.what)[:150]}"


_FOUND: list[Offer] = []
_SEEN: dict[str, set[str]] = {}


async def found_in_town() -> tuple[Town, list[Offer]]:
    """A town, and all that can be done in it; that is looked for once."""
    here = town()
    if not _FOUND:
        _FOUND.extend(await offers(here))
    return here, list(_FOUND)


async def seen_in_town() -> Mapping[str, set[str]]:
    """Which secrets its members found when they looked around, and who."""
    await found_in_town()
    return _SEEN


async def offers(here: Town) -> list[Offer]:
    """Everything that could be done, found by doing it. What is possible at one state of the rows stands together."""
    found: list[Offer] = []
    for moment in here.moments:
        for who in AT_HOME:
            if not moment.who or who.id in moment.who:
                found += await _walk(here, who, moment)
    start = here.moments[0]
    known = {offer.route for offer in found}
    found += [Offer(route, what, "nobody", start, start.image) for route, what in _raw(here) if route not in known]
    return sorted(_thinned(found), key=lambda offer: id(offer.image))


async def _walk(here: Town, who: Visitor, moment: Moment) -> list[Offer]:
    """From what stands, the home page and the commands, as deep as cards lead."""
    found: list[Offer] = []
    seen: set[str] = set()
    much: Counter[str] = Counter()
    most = ALIKE_LATER if moment.who else ALIKE
    here.at(moment.image, moment.at)
    first = [*_first(here, who, moment), *((what, "") for what in await _home(here, who))]
    todo = {id(moment.image): (moment.image, deque((what, receipt, 0) for what, receipt in first))}
    while todo:  # one state of the rows after another: going back and forth takes most of the time
        image, deeds = todo.pop(next(iter(todo)))
        while deeds:
            what, receipt, depth = deeds.popleft()
            route, key = route_of(what), codec.dump(what)
            if key in seen or much[route] >= most or not _belongs(route, moment, depth):
                continue
            seen.add(key)
            much[route] += 1
            here.at(image, moment.at)
            outcome = await here.do(who, what, receipt)
            found.append(Offer(route, what, who.id, moment, image, receipt))
            shown = "\n".join(readable(outcome))
            for secret in moment.may_read:
                if secret in shown:
                    _SEEN.setdefault(secret, set()).add(who.id)
            if depth == DEEP:
                continue
            led = [(next_, receipt, depth + 1) for next_ in _led_to(outcome)]
            if here.store.has_changed:
                led += [(next_, "", depth + 1) for next_ in _new_posts(here, who)]
                after = here.store.image
                todo[id(after)] = after, deque(led)
            else:
                deeds.extend(led)
    return found


def _belongs(route: str, moment: Moment, depth: int) -> bool:
    """At the later moments only what comes with them is looked for; from what stands everything that leads there."""
    return not moment.who or (depth == 0 and "." not in route) or route.startswith(WEEKLY)


def route_of(what: What) -> str:
    match what:
        case Pressed(action) | Submitted(action):
            return action.route
        case Typed(word):
            return f"/study {word}"
        case Chosen(verb):
            return verb
        case _:
            return type(what).__name__


def _first(here: Town, who: Visitor, moment: Moment) -> Iterator[tuple[What, str]]:
    for message in reversed(moment.messages):
        readers = moment.readers(message)
        if readers and who.id not in readers:
            continue
        for what in deeds_on(message.card):
            yield what, message.receipt
        yield Said(message.receipt, "chat-1", WORDS), message.receipt
    for what in moment.deeds:
        yield what, ""
    for word in here.engine.routes.commands:
        yield Typed(word), ""
    for verb in here.engine.routes.shortcuts:
        yield Chosen(verb, WORDS, f"chat-2-{who.id}", who.id), ""
    private = f"{TOLD}: {WORDS}" if who.id == ADA else WORDS
    yield Told(private, f"chat-3-{who.id}"), ""
    yield Told(private, f"chat-4-{who.id}", Upload("file-1", "notes.txt", 10)), ""


async def _home(here: Town, who: Visitor) -> list[What]:
    from bot.kernel.event import Event, Opened
    from tests.world import TENANT

    event = Event("home", TENANT, who.group, "general", who.person, here.clock.now(), Opened())
    return [what for card in await here.engine.home(event) for what in deeds_on(card)]


def _led_to(outcome: Outcome) -> Iterator[What]:
    for answer in outcome.answers:
        yield from deeds_on(answer.card) if isinstance(answer, Reply) else sent(answer.form)
    if outcome.refused:
        yield from deeds_on(outcome.refused.card)


def _new_posts(here: Town, who: Visitor) -> Iterator[What]:
    """The buttons of what was written into the outbox; nobody has to wait for the courier."""
    for row in here.store.rows(
        """SELECT card FROM outbox
            WHERE shown = 0 AND card IS NOT NULL AND member IN ('', :who) ORDER BY name""",
        who=who.id,
    ):
        yield from deeds_on(codec.load(str(row["card"])))


def deeds_on(card: Card) -> Iterator[What]:
    for button in card.buttons:
        yield Pressed(button.action)
    for menu in card.selects:
        for option in menu.options[:OPTIONS]:
            yield Pressed(menu.action, option.value)


def sent(form: Form) -> Iterator[What]:
    """The form as it came, filled in, and filled in with a place of which there are several."""
    yield Submitted(form.action, {part.key: getattr(part, "value", "") for part in form.fields})
    yield Submitted(form.action, {part.key: _filled(part, "Tokyo") for part in form.fields})
    if any(isinstance(part, CityField) for part in form.fields):
        yield Submitted(form.action, {part.key: _filled(part, "Springfield") for part in form.fields})


def _filled(part: object, city: str) -> Value:
    match part:
        case TextField():
            return (part.value or WORDS)[: part.limit]
        case ChoiceField():
            return part.options[-1].value
        case ChoicesField():
            return (part.options[0].value,)
        case CityField():
            return city
        case ChannelField():
            return "general"
        case PersonField():
            return CARA
        case _:
            return None


def _raw(here: Town) -> Iterator[tuple[str, What]]:
    """Routes that nobody was offered, with guessed arguments: whoever forges an action guesses as well."""
    guesses: Sequence[tuple[dict[str, str], Sequence[str]]] = (
        ({}, ("",)), (GUESSES, ("", TASK, UMA)), (GUESSES | {"task": MONDAY, "round": MONDAY}, (CARA,)),
        (GUESSES | {"who": BEN, "n": "2", "number": "2"}, ("",)),
    )  # fmt: skip
    for args, values in guesses:
        action_args = tuple(sorted(args.items()))
        for route in here.engine.routes.presses:
            for value in values:
                yield route, Pressed(Action(route, action_args), value)
        for route in here.engine.routes.submits:
            yield route, Submitted(Action(route, action_args), {"text": WORDS, "person": CARA, "city": "Tokyo"})


def _thinned(found: list[Offer]) -> list[Offer]:
    """Each deed once at each moment, whoever found it."""
    kept: list[Offer] = []
    seen: set[tuple[str, str]] = set()
    for offer in found:
        key = offer.moment.name, codec.dump(offer.what)
        if key not in seen:
            seen.add(key)
            kept.append(offer)
    return kept
