"""How the members of a run do things: what they press, send and write, and what they read then."""

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.engine.outcome import Outcome
from bot.kernel.action import Action
from bot.kernel.calendar import Draw
from bot.kernel.card import Button, Card, ChoicesField, Form, Select, TextField
from bot.kernel.effect import Ask, Reply
from bot.kernel.event import Event, Pressed, Submitted, Told, Typed, What
from bot.kernel.ports import Clock
from tests.endurance.lives import Life
from tests.endurance.members import SORRY, NotYet
from tests.endurance.run_plan import GROUP, LOCKS, OLGA, WHOLE, Claim, RunDeed, RunTruth
from tests.world import TENANT

PART = re.compile("“(.+)”")


class Refused(Exception):
    """A no that stays a no: the words came back. Says what they read."""


class Runners:
    """
    One method for each kind of deed. Each returns what the member does next; raises NotYet where they try again, and
    Refused. What a life raises goes through: then nobody knows.
    """

    def __init__(self, clock: Clock, dice: Draw) -> None:
        self.clock, self.dice = clock, dice
        self.truth: dict[str, RunTruth] = {}
        self.mistakes: list[str] = []

    def of(self, deed: RunDeed) -> RunTruth:
        return self.truth.setdefault(deed.member.id, RunTruth())

    async def do(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        deed.first = deed.first or self.clock.now()
        found: Sequence[RunDeed] = await getattr(self, f"_{deed.kind}")(life, deed)
        return found

    def unknown(self, deed: RunDeed) -> None:
        """They gave up without an answer: it is done or not."""
        truth = self.of(deed)
        if deed.kind == "change":
            claim = truth.claims[deed.about]
            claim.texts.add(deed.text)
        elif deed.kind in ("tell", "write"):
            truth.claims[deed.name] = Claim({deed.text}, sure=False)
            if deed.values and "fell" in deed.values:
                part = truth.fell.setdefault(deed.slot, {()})
                part.add(self._fallen(deed))
        elif deed.kind == "ask":
            truth.asked[deed.text] = False
        elif deed.kind == "move":
            truth.claims[deed.about].part = ""

    # --- steps --------------------------------------------------------------------------------

    async def _send(self, life: Life, deed: RunDeed, what: What, label: str = "", *, private: bool = True) -> Outcome:
        """A platform repeats a delivery under its own name, or gives it a new one."""
        group, spot = ("", f"dm-{deed.member.id}") if private else (GROUP, f"{GROUP}-main")
        name = f"{deed.name}{label}"
        outcome = await life.ask("handle", Event(name, TENANT, group, spot, deed.member, self.clock.now(), what))
        assert isinstance(outcome, Outcome)
        if outcome.refused and SORRY in outcome.refused.because:
            self.mistakes.append(f"{deed.name}: {outcome.refused.because}")
        return outcome

    async def _must(self, life: Life, deed: RunDeed, what: What, label: str = "", *, private: bool = True) -> Outcome:
        outcome = await self._send(life, deed, what, label, private=private)
        if outcome.refused:
            if deed.vital and "run is over" not in outcome.refused.because:
                raise NotYet(outcome.refused.because)
            raise Refused(outcome.refused.because)
        return outcome

    def _done(self, deed: RunDeed, what: str) -> None:
        assert deed.first
        self.of(deed).when.setdefault(what, (deed.first, self.clock.now()))

    # --- how it begins ------------------------------------------------------------------------

    async def _help(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        await self._must(life, deed, Typed("", ""), private=False)
        return ()

    async def _setup(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        assert deed.member is OLGA
        await self._must(life, deed, Pressed(Action.to("organiser.setup")), private=False)
        return ()

    async def _join(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        await self._must(life, deed, Pressed(Action.to("members.join")), private=False)
        return ()

    async def _begin(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """
        The look before the clock, and then the press that starts it. Pressed once more it shows where one is.

        On the last day an absence of the bot may leave too little time.
        """
        if self.clock.now() + WHOLE > LOCKS:
            deed.vital = False
        look = await self._must(life, deed, Pressed(Action.to("mlsd.start", week="1")), "/look", private=False)
        begin = next((button for button in _buttons(look) if button.action.route == "mlsd.begin"), None)
        if begin:
            deed.sent = True
            await self._must(life, deed, Pressed(begin.action), f"/{deed.again}", private=False)
        elif not deed.sent:
            raise NotYet(f"no button to begin for {deed.member.id}")
        self._done(deed, "begin")
        return ()

    # --- what they write ----------------------------------------------------------------------

    async def _write(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """The form shows what is there; their words go below. After a silence it is sent again, or opened anew."""
        if deed.values is None or self.dice.random() < 0.5:
            action = Action.to("mlsd.write", run=deed.run, slot=deed.slot)
            form = _form(await self._must(life, deed, Pressed(action), f"/open{deed.again}"))
            assert form
            fields = {part.key: part for part in form.fields}
            text, falls = fields["text"], fields.get("fell")
            assert isinstance(text, TextField)
            if deed.text in text.value:  # it had arrived
                self._wrote(deed, "")
                return ()
            deed.send = form.action
            deed.values = {"text": f"{text.value}\n\n{deed.text}".strip()}
            if isinstance(falls, ChoicesField):
                options = [option.value for option in falls.options]
                deed.values["fell"] = tuple(one for one in options if self.dice.random() < 0.4)
            deed.again += 1
        if deed.about == "across":
            await self._meanwhile(life, deed)
        deed.sent = True
        assert deed.send
        outcome = await self._must(life, deed, Submitted(deed.send, deed.values), f"/send{deed.again}")
        self._wrote(deed, _part(outcome))
        return ()

    async def _meanwhile(self, life: Life, deed: RunDeed) -> None:
        """A private message while the form is open: what is sent then must not stand for it."""
        name = f"{deed.name}/meanwhile"
        text = f"{deed.text[:-1]}, and meanwhile a message."
        if name not in self.of(deed).claims:
            outcome = await self._must(life, deed, Told(text, name), "/meanwhile")
            if _part(outcome):
                self.of(deed).claims[name] = Claim({text}, sure=True, part=_part(outcome))

    def _wrote(self, deed: RunDeed, part: str) -> None:
        truth = self.of(deed)
        truth.claims[deed.name] = Claim({deed.text}, sure=True, part=part)
        if deed.values and "fell" in deed.values:
            truth.fell[deed.slot] = {self._fallen(deed)}

    def _fallen(self, deed: RunDeed) -> tuple[str, ...]:
        fell = (deed.values or {}).get("fell")
        return fell if isinstance(fell, tuple) else ()

    async def _tell(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """A private message. Once it is kept, some change it, and some move it to another part."""
        outcome = await self._message(life, deed, deed.name)
        part = _part(outcome)
        if not part:
            raise Refused("nothing takes words")
        self.of(deed).claims[deed.name] = Claim({deed.text}, sure=True, part=part)
        at, lot = self.clock.now() + timedelta(seconds=self.dice.choice((1, 15, 80))), self.dice.random()
        if lot < 0.3:
            text = f"{deed.text[:-1]}, or rather the other way."
            return (RunDeed(at, f"{deed.name}/change", deed.member, "change", deed.run, text=text, about=deed.name),)
        menus = [menu for card in _cards(outcome) for menu in card.selects]
        if lot < 0.5 and menus:
            return (RunDeed(at, f"{deed.name}/move", deed.member, "move", deed.run, *_choice(menus[0], self.dice),
                            about=deed.name),)  # fmt: skip
        return ()

    async def _change(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """The same message with other words."""
        if not _part(await self._message(life, deed, deed.about)):
            raise Refused("nothing takes words")
        truth = self.of(deed)
        claim = truth.claims[deed.about]
        truth.gone |= claim.texts - {deed.text}
        truth.claims[deed.about] = Claim({deed.text}, sure=True, part=claim.part)
        return ()

    async def _message(self, life: Life, deed: RunDeed, receipt: str) -> Outcome:
        label = f"/{deed.again}" if self.dice.random() < 0.5 else ""
        deed.sent = True
        return await self._must(life, deed, Told(deed.text, receipt), label)

    async def _move(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        deed.sent = True
        outcome = await self._must(life, deed, Pressed(Action.decode(deed.text), deed.slot))
        self.of(deed).claims[deed.about].part = _part(outcome)
        return ()

    # --- the rest -----------------------------------------------------------------------------

    async def _ask(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        deed.sent = True
        await self._must(life, deed, Submitted(Action.to("mlsd.asked", run=deed.run), {"words": deed.text}))
        self.of(deed).asked[deed.text] = True
        return ()

    async def _pause(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """Then they go on by a press, or leave it to the ten minutes."""
        deed.sent = True
        await self._must(life, deed, Pressed(Action.to("mlsd.pause", run=deed.run)))
        self._done(deed, "pause")
        at = self.clock.now() + timedelta(minutes=self.dice.choice((2, 6, 12)))
        return (RunDeed(at, f"{deed.name}/resume", deed.member, "resume", deed.run, vital=True),)

    async def _resume(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        deed.sent = True
        await self._must(life, deed, Pressed(Action.to("mlsd.resume", run=deed.run)))
        self._done(deed, "resume")
        return ()

    async def _carry_on(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """After a long absence of the bot the clock waits for its member."""
        deed.sent = True
        await self._must(life, deed, Pressed(Action.to("mlsd.resume", run=deed.run)))
        return ()

    async def _close(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        if not deed.sent:
            sure = await self._must(life, deed, Pressed(Action.to("mlsd.close", run=deed.run)), "/sure")
            assert any(button.action.route == "mlsd.close_now" for button in _buttons(sure))
        deed.sent = True
        await self._must(life, deed, Pressed(Action.to("mlsd.close_now", run=deed.run)))
        self._done(deed, "close")
        return ()

    async def _hide(self, life: Life, deed: RunDeed) -> Sequence[RunDeed]:
        """What was handed in is handed in again, without the name."""
        deed.sent = True
        await self._must(life, deed, Pressed(Action.to("mlsd.hide", run=deed.run, on="1")))
        return ()


def _cards(outcome: Outcome) -> list[Card]:
    return [answer.card for answer in outcome.answers if isinstance(answer, Reply)]


def _buttons(outcome: Outcome) -> list[Button]:
    return [button for card in _cards(outcome) for button in card.buttons]


def _form(outcome: Outcome) -> Form | None:
    return next((answer.form for answer in outcome.answers if isinstance(answer, Ask)), None)


def _part(outcome: Outcome) -> str:
    """Under which part of the run their words are kept; empty where the answer is another one."""
    titles = [card.title for card in _cards(outcome) if "ept" in card.title]
    found = PART.search(titles[0]) if titles else None
    return found[1] if found else ""


def _choice(menu: Select, dice: Draw) -> tuple[str, str]:
    """(what is chosen, the menu's action)."""
    return dice.choice(menu.options).value, menu.action.encode()
