"""One event in, one outcome out; everything between is one transaction."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

from bot.engine import drafts, inbox, outbox, personal, planner, rights, roster, wakes, works, zones
from bot.engine.choosing import CHOOSE_GROUP, chosen_card, which_group_card
from bot.engine.knowledge import Knowledge
from bot.engine.outcome import Outcome, Refused, handed_back
from bot.engine.routes import Routes
from bot.kernel.action import Action
from bot.kernel.card import Card, Option
from bot.kernel.design_facts import TakesWords
from bot.kernel.effect import (
    Answer,
    Appoint,
    Ask,
    Configure,
    Dismiss,
    Effect,
    Enrol,
    Erase,
    Fact,
    FoundGroup,
    KeepZone,
    MoveGroup,
    Post,
    Reply,
    Roster,
    TryAgain,
    Unenrol,
    Unpost,
    Unwake,
    Wake,
    Work,
)
from bot.kernel.engine_facts import MemberErased, SettingsChanged, WakeSkipped
from bot.kernel.errors import Refusal
from bot.kernel.event import Done, Due, Event, Left, Person, Pressed, Said, Scene, Submitted, Suggest, Told
from bot.kernel.feature import Feature
from bot.kernel.ports import Store, Tx
from bot.kernel.question import Question

__all__ = ["Engine", "Outcome", "Refused"]

log = logging.getLogger(__name__)
R = TypeVar("R")


class Engine:
    def __init__(self, store: Store, features: Sequence[Feature], catalogue: object = None) -> None:
        self.store, self.features, self.catalogue = store, {feature.name: feature for feature in features}, catalogue
        self.routes = Routes(features)
        self.planner = planner.Planner(features)
        self.knowledge = Knowledge(features)

    # --- coming in ----------------------------------------------------------------

    async def handle(self, event: Event) -> Outcome:
        """
        Run what `event` calls for, keep its lasting effects, return what the person sees.

        The same event again changes nothing and gives the same outcome, so callers may repeat it as often as they
        like. Never raises for what members do; a failing `Due` or `Done` raises, so that it is tried again.
        """
        try:
            if self.routes.reads(event.what):
                return await self.store.read(lambda tx: self._looked(tx, event))
            return await self.store.run(lambda tx: self._unit(tx, event))
        except roster.WhichGroup as several:
            return Outcome((Reply(which_group_card(several.titles)),))
        except Refusal as no:
            if isinstance(event.what, (Due, Done)):  # nobody hears it; quietly refused it would stay due for ever
                raise
            return Outcome(refused=await self._refuse(event, no), group=await self.group_of(event))
        except Exception:  # a mistake of ours: the member gets an apology and their words back
            if isinstance(event.what, (Due, Done)):
                raise
            incident = sha256(event.id.encode()).hexdigest()[:6]
            log.exception("handler failed", extra={"event": event.id, "incident": incident})
            sorry = Refusal(f"That went wrong on our side (number {incident}).", hint="Please try again.")
            return Outcome(refused=await self._refuse(event, sorry), group=await self.group_of(event))

    async def meet(self, tenant: str, person: Person, at: datetime) -> None:
        """The platform says what somebody is called now, and where: kept if they are known here, else not."""

        def unit(tx: Tx) -> None:
            if roster.is_met(tx, tenant, person.id) and roster.meet(tx, tenant, person):
                zones.note_person(tx, tenant, person.id, at)

        await self.store.run(unit)

    async def group_of(self, event: Event) -> str:
        """The group that this event is about; empty where that is open."""
        return await self.store.read(lambda tx: roster.group_of(tx, self._placed(tx, event)))

    async def suggest(self, event: Event) -> tuple[Option, ...]:
        """What fits what is being typed. Writes nothing."""
        what = event.what
        if not isinstance(what, Suggest) or what.source not in self.routes.suggests:
            return ()
        feature, handler = self.routes.suggests[what.source]

        def offer(tx: Tx) -> tuple[Option, ...]:
            try:
                scene = self._scene(tx, self._placed(tx, event), feature)
            except (Refusal, roster.WhichGroup):  # no group, or one of several: a city is the same everywhere
                scene = self._for(tx, feature, self._nobodys(tx, event.group, event.at))
            return tuple(handler(what, scene, tx))

        return await self.store.read(offer)

    async def home(self, event: Event) -> tuple[Card, ...]:
        """The cards of the member's home page. Writes nothing."""

        def build(tx: Tx) -> tuple[Card, ...]:
            here = self._placed(tx, event)
            ordered = sorted(self.features.values(), key=lambda feature: feature.home_place)
            scenes = [(feature, self._scene(tx, here, feature)) for feature in ordered if feature.homes]
            found = [card for feature, scene in scenes for home in feature.homes for card in home(scene, tx)]
            groups = {} if here.group else roster.list_titles_of(tx, event.tenant, event.person.id)
            return (*found, *([which_group_card(groups)] if len(groups) > 1 else []))  # here the choice can be changed

        try:
            return await self.store.read(build)
        except roster.WhichGroup as several:
            return (which_group_card(several.titles),)
        except Refusal as no:
            return (Refused(no.because, no.hint).card,)

    def hear(self, tx: Tx, group: str, fact: Fact, now: datetime) -> None:
        """Let features hear a fact that no member caused, inside the transaction that made it true."""
        self._perform(tx, [fact], self._nobodys(tx, group, now), roster.tenant_of(tx, group))

    # --- one unit of work -----------------------------------------------------------

    def _unit(self, tx: Tx, event: Event) -> Outcome:
        if isinstance(event.what, Due):
            return self._due(tx, event, event.what)
        if isinstance(event.what, Done):
            return self._done(tx, event, event.what)
        event = self._placed(tx, event)
        # Ids come from outside: with another's id nobody sees another's answers.
        delivery = f"{event.tenant}/{event.person.id}/{event.id}"
        earlier = inbox.find_answers(tx, delivery)
        if earlier is not None:
            return Outcome(earlier, group=roster.group_of(tx, event))
        if isinstance(event.what, Said) and not self._concerns(tx, event, event.what):
            return Outcome()  # talk of strangers leaves no trace, and a post that is still in doubt can be asked again
        if roster.meet(tx, event.tenant, event.person):
            zones.note_person(tx, event.tenant, event.person.id, event.at)
        roster.name_group(tx, event.group, event.title)
        if isinstance(event.what, Left) and not event.group:  # they left the platform, and so each of their groups
            everywhere = roster.list_groups_of(tx, event.tenant, event.person.id)
            return Outcome(tuple(a for group in everywhere for a in self._dispatch(tx, replace(event, group=group))))
        if isinstance(event.what, Pressed) and event.what.action.route == CHOOSE_GROUP:
            answers = self._choose_group(tx, event, event.what)
        else:
            answers = self._dispatch(tx, event)
        if not roster.is_met(tx, event.tenant, event.person.id):  # they have just been erased: no new trace
            return Outcome(answers, erased=event.person.id)
        inbox.keep_answers(tx, delivery, event.group, event.person.id, answers, event.at)
        return Outcome(answers, group=roster.group_of(tx, event))

    def _looked(self, tx: Tx, event: Event) -> Outcome:
        event = self._placed(tx, event)
        return Outcome(self._dispatch(tx, event), group=roster.group_of(tx, event))

    def _concerns(self, tx: Tx, event: Event, said: Said) -> bool:
        """Was it said by a member, under a post of ours?"""
        post = outbox.find_by_receipt(tx, event.tenant, said.under)
        return post is not None and roster.is_member(tx, post["group_id"], event.person.id)

    def _placed(self, tx: Tx, event: Event) -> Event:
        """
        In a channel without a group members speak of their own groups, unless they are about to set one up.

        A private message belongs to the group in which something that they have begun takes it.
        """
        if isinstance(event.what, Told) and not event.group:
            return replace(event, group=self._taker(tx, event))
        route = self.routes.asked(event.what)
        begins = event.person.manages and route is not None and route.before_ready
        return replace(event, group="") if not begins and roster.is_elsewhere(tx, event) else event

    def _taker(self, tx: Tx, event: Event) -> str:
        asked = TakesWords(event.person.id)
        groups = roster.list_groups_of(tx, event.tenant, event.person.id)
        return next((group for group in groups if self._nobodys(tx, group, event.at).ask(asked, tx)), "")

    def _dispatch(self, tx: Tx, event: Event) -> tuple[Answer, ...]:
        answers: list[Answer] = []
        group = event.group
        for feature, route, what in self.routes.matching(tx, event):
            scene = self._scene(tx, event, feature)
            group = scene.group
            rights.authorise(route, scene, tx)
            answers += self._perform(tx, route.handler(what, scene, tx), scene, event.tenant)
        if isinstance(event.what, Submitted) and not self.routes.reads(event.what):
            inbox.forget_draft(tx, group, event.person.id, event.what.action.encode())
        replies = [answer for answer in answers if isinstance(answer, Reply)]
        forms = [drafts.prefilled(tx, group, event.person.id, answer) for answer in answers if isinstance(answer, Ask)]
        return (*replies, *forms[-1:])

    def _scene(self, tx: Tx, event: Event, feature: Feature) -> Scene:
        scene = replace(roster.scene(tx, event), catalogue=self.catalogue)
        return self._for(tx, feature, replace(scene, ask=self._asker(scene)))

    def _nobodys(self, tx: Tx, group: str, now: datetime) -> Scene:
        """The scene of what happens without anybody's deed."""
        scene = replace(roster.group_scene(tx, group, now), catalogue=self.catalogue)
        return replace(scene, ask=self._asker(scene))

    def _for(self, tx: Tx, feature: Feature, scene: Scene) -> Scene:
        if feature.settings is None and scene.settings is None:
            return scene
        return replace(scene, settings=roster.settings(tx, scene.group, feature.name, feature.settings))

    def _asker(self, scene: Scene) -> "Callable[[Question[Any], Tx], Any]":
        return self.knowledge.asker(scene, self._for)

    # --- effects ----------------------------------------------------------------------

    def _perform(self, tx: Tx, effects: Sequence[Effect], scene: Scene, tenant: str) -> list[Answer]:
        answers: list[Answer] = []
        for effect in effects:
            match effect:
                case Reply() | Ask():
                    answers.append(effect)
                case Post() | Unpost() | TryAgain():
                    outbox.wish(tx, scene.group, tenant, effect, scene.now, scene.member)
                case Wake():
                    wakes.keep_wake(tx, scene.group, effect)
                case Unwake(name):
                    wakes.cancel_wake(tx, name)
                case Work():
                    works.keep_work(tx, scene.group, effect, scene.now)
                case Erase(member):
                    self.erase(tx, tenant, member, scene.now)
                case Enrol() | Unenrol() | KeepZone() | Appoint() | Dismiss() | FoundGroup() | MoveGroup():
                    scene = self._change_roster(tx, effect, scene, tenant)
                case Configure(name, values):
                    self._configure(tx, scene, name, values)
                case Fact():
                    answers += self._tell(tx, effect, scene, tenant)
        return answers

    def _tell(self, tx: Tx, fact: Fact, scene: Scene, tenant: str) -> list[Answer]:
        answers: list[Answer] = []
        for feature in self.features.values():
            for listener in feature.facts.get(type(fact), ()):
                heard = self._for(tx, feature, scene)
                answers += self._perform(tx, listener(fact, heard, tx), heard, tenant)
        return answers

    def _change_roster(self, tx: Tx, effect: Roster, scene: Scene, tenant: str) -> Scene:
        match effect:
            case FoundGroup():
                roster.found(tx, scene.group, tenant, scene.member, effect, scene.now)
                return self._moved(tx, replace(scene, ready=True, is_organiser=True))
            case MoveGroup():
                roster.move(tx, scene.group, effect)
                return self._moved(tx, scene)
            case _:
                roster.change(tx, scene.group, tenant, effect, scene.now)
                zones.note_person(tx, tenant, effect.member, scene.now)
                return scene

    def _moved(self, tx: Tx, scene: Scene) -> Scene:
        """The same scene in the group as it is now: its zone counts from here on, and its wakes are planned by it."""
        fresh = roster.group_scene(tx, scene.group, scene.now)
        scene = replace(scene, zone=fresh.zone, organisers=fresh.organisers)
        if zones.note_group(tx, scene.group, fresh.zone.key, scene.now):
            self._plan(tx, scene, list(self.features.values()))
        return scene

    def erase(self, tx: Tx, tenant: str, member: str, now: datetime) -> None:
        """Features take back what they posted, in every group of this person; then every row goes."""
        for group in roster.list_groups_ever(tx, tenant, member):
            self._tell(tx, MemberErased(member), self._nobodys(tx, group, now), tenant)
        answered = inbox.list_event_ids(tx, tenant, member)
        personal.erase(tx, tenant, member, now)
        inbox.bury(tx, answered, now)

    def _configure(self, tx: Tx, scene: Scene, name: str, values: Mapping[str, object]) -> None:
        feature = self.features[name]
        if feature.settings is None:
            raise TypeError(f"{name} has no settings")
        before = roster.settings(tx, scene.group, name, feature.settings)
        after = roster.configure(tx, scene.group, name, feature.settings, values)
        if any(every.rhythm(before) != every.rhythm(after) for every in feature.rhythms):
            self._plan(tx, scene, [feature])
        changed = [part.name for part in fields(after) if getattr(before, part.name) != getattr(after, part.name)]
        if changed:
            old, new = ({key: getattr(kept, key) for key in changed} for kept in (before, after))
            self._tell(tx, SettingsChanged(name, old, new), scene, roster.tenant_of(tx, scene.group))

    def _plan(self, tx: Tx, scene: Scene, features: list[Feature]) -> None:
        for skipped in self.planner.replan(tx, scene.group, features, scene.now):
            self._tell(tx, skipped, replace(scene, ask=self._asker(scene)), roster.tenant_of(tx, scene.group))

    # --- wakes -------------------------------------------------------------------------

    def _due(self, tx: Tx, event: Event, due: Due) -> Outcome:
        late = wakes.find_late(tx, due.name, due.at)
        if late is None:
            return Outcome()
        scene = self._nobodys(tx, event.group, event.at)
        self.planner.plan_next(tx, event.group, due.route, due.at, scene.zone)
        newest = wakes.is_newest(tx, event.group, due.route, due.at, event.at)
        verdict = planner.judge(late, due.at, event.at, scene.zone, newest=newest)
        if verdict == "done" and due.route in self.routes.wakes:
            feature, route = self.routes.wakes[due.route]
            here = self._for(tx, feature, scene)
            self._perform(tx, route.handler(due, here, tx), here, event.tenant)
        elif verdict == "skipped":
            self._tell(tx, WakeSkipped(due.route, due.name, due.at, "the bot was not running"), scene, event.tenant)
        wakes.close_wake(tx, due.name, verdict)
        return Outcome()

    def _done(self, tx: Tx, event: Event, done: Done) -> Outcome:
        if works.is_due(tx, done.name):
            works.close_work(tx, done.name, done.result)
            feature, route = self.routes.dones[done.task]
            here = self._for(tx, feature, self._nobodys(tx, event.group, event.at))
            self._perform(tx, route.handler(done, here, tx), here, event.tenant)
        return Outcome()

    def task(self, name: str) -> Callable[[Any], Any]:
        """The function that computes a `Work`. Raises KeyError for one that is not there any more."""
        found: Callable[[Any], Any] = self.routes.tasks[name][1]
        return found

    async def postpone(self, event: Event, due: Due, until: datetime) -> None:
        """A wake failed: try it again at `until`. Its rhythm goes on meanwhile."""

        def unit(tx: Tx) -> None:
            wakes.push_wake(tx, due.name, due.at, until)
            zone = roster.group_scene(tx, event.group, event.at).zone
            self.planner.plan_next(tx, event.group, due.route, due.at, zone)

        await self.store.run(unit)

    # --- refusals ------------------------------------------------------------------------

    async def _refuse(self, event: Event, no: Refusal) -> Refused:
        """Hand the member's words back; what was typed into a form is kept as a draft."""
        again = await self._keep_draft(event, event.what) if isinstance(event.what, Submitted) else None
        return handed_back(event.what, no, again)

    async def _keep_draft(self, event: Event, what: Submitted) -> Action | None:
        """Keep words and ticks for the form; the press that opens it, or None where they could not be kept."""
        typed = drafts.typed(what)
        again = self.opener(what.action)
        if not typed or again is None:
            return again
        key = what.action.encode()
        try:
            await self.store.run(
                lambda tx: inbox.keep_draft(
                    tx, roster.group_of(tx, self._placed(tx, event)), event.person.id, key, typed, event.at
                )
            )
        except Exception:  # a full disk, perhaps the very reason of the refusal: the words go back another way
            log.exception("draft not kept", extra={"event": event.id})
            return None
        return again

    def opener(self, form: Action) -> Action | None:
        """The press that opens the form with this action again; None where no such form is known."""
        if form.route not in self.routes.submits:
            return None
        return Action(self.routes.submits[form.route][1].opened_by, form.args)

    def _choose_group(self, tx: Tx, event: Event, what: Pressed) -> tuple[Answer, ...]:
        group = what.action.get("group")
        if group not in roster.list_groups_ever(tx, event.tenant, event.person.id):
            raise Refusal("You are not in that study group.")
        roster.choose_group(tx, event.tenant, event.person.id, group)
        return (Reply(chosen_card()),)
