"""A small feature with one of everything, so that the engine is tested without the features that are shipped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta

from bot.kernel.action import Action
from bot.kernel.calendar import Rhythm
from bot.kernel.card import Button, Card, CityField, Form, Option, Quote, TextField
from bot.kernel.effect import (
    Appoint,
    Ask,
    Channel,
    Configure,
    Direct,
    Dismiss,
    Effect,
    Enrol,
    FoundGroup,
    KeepZone,
    Late,
    Missed,
    MoveGroup,
    Post,
    Reply,
    Room,
    Under,
    Unpost,
    Wake,
)
from bot.kernel.engine_facts import PostParked, SettingsChanged, WakeSkipped
from bot.kernel.errors import Refusal
from bot.kernel.event import Due, Pressed, Said, Scene, Submitted, Suggest, Told, Typed
from bot.kernel.feature import Feature, Who
from bot.kernel.ports import Tx

SQL = """
CREATE TABLE club_notes (
  group_id TEXT NOT NULL, member TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (group_id, member)
);
CREATE TABLE club_gone (
  group_id TEXT NOT NULL, gone_person TEXT NOT NULL, by_member TEXT NOT NULL, PRIMARY KEY (group_id, gone_person)
);
CREATE TABLE club_heard (what TEXT NOT NULL, name TEXT NOT NULL, at TEXT NOT NULL);
"""


@dataclass(frozen=True)
class ClubSettings:
    rhythm: Rhythm | None = field(default=Rhythm((0, 1, 2, 3, 4), time(9, 0)), metadata={"label": "When"})


MORNING = Late(timedelta(hours=9), Missed.SKIP, same_day=True)


def make_club(late: Late = MORNING) -> Feature:  # noqa: C901 - a list
    """The feature, with this policy for its daily wake."""
    club = Feature("club", ClubSettings, title="Club", channels={"talk": "Talk"}, stores=(("Your note", "All"),))

    @club.on_press("found", Who.ORGANISER, before_ready=True)
    def found(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        zone = pressed.action.get("zone") or "Europe/Berlin"
        return [FoundGroup(zone, {"main": scene.spot}), Reply(Card("The club is open."))]

    @club.on_press("join", Who.ANYONE)
    def join(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Enrol(scene.member), Reply(Card("Welcome."))]

    @club.on_press("write")
    def write(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        fields = (TextField("text", "Your note", long=True), CityField("city", "City", "club.city", required=False))
        return [Ask(Form("Your note", Action("club.keep", pressed.action.args), fields))]

    @club.on_submit("keep", opened_by="write")
    def keep(form: Submitted, scene: Scene, tx: Tx) -> Sequence[Effect]:
        text = form.text("text")
        if len(text) < 3:
            raise Refusal("That is too short.", hint="Write a sentence.", field="text")
        return [*_keep_note(scene, text, tx), Reply(Card("Kept.", (Quote(text),)))]

    @club.on_press("board", Who.ORGANISER)
    def board(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Post(f"club.{pressed.action.get('name')}", Channel("main"), _button(pressed.action.get("text")))]

    @club.on_press("hush", Who.ORGANISER)
    def hush(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Unpost(f"club.{pressed.action.get('name')}")]

    @club.on_press("whisper")
    def whisper(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        name = f"club.whisper/{scene.group}/{scene.member}"
        return [Post(name, Direct(scene.member), _button(f"For {scene.member} in {scene.group}"))]

    @club.on_press("where")
    def where(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Reply(Card(f"This is {scene.group}."))]

    @club.on_press("under")
    def under(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Post(f"club.reply/{scene.member}", Under("club.board"), Card("In the thread."))]

    @club.on_press("pair")
    def pair(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        room = Room("pair/1", tuple(pressed.action.get("who").split(".")))
        return [Post("club.pair/1", room, Card("Talk to each other."))]

    @club.on_press("break", Who.ANYONE)
    def break_(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        tx.run("INSERT INTO club_notes (group_id, member, text) VALUES ('x', 'half', 'done')")
        raise ZeroDivisionError

    @club.on_press("move", Who.ORGANISER)
    def move(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        at = pressed.action.get("at")
        days = tuple(map(int, pressed.action.get("days") or "01234"))
        rhythm = Rhythm(days, time.fromisoformat(at)) if at else None
        return [Configure("club", {"rhythm": rhythm})]

    @club.on_press("shift", Who.ORGANISER)
    def shift(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        spot = pressed.action.get("spot")
        return [MoveGroup(pressed.action.get("zone"), {"talk": spot} if spot else {})]

    @club.on_press("appoint", Who.ORGANISER)
    def appoint(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        who = pressed.action.get("who")
        return [Dismiss(who) if pressed.action.get("off") else Appoint(who)]

    @club.on_press("zone", Who.ANYONE)
    def zone(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [KeepZone(scene.member, pressed.action.get("zone"))]

    @club.on_press("look", reads=True)
    def look(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Reply(Card("Look around."))]

    @club.on_press("look_and_write", reads=True)
    def look_and_write(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Post("club.board", Channel("main"), _button("A reading handler must not do that."))]

    @club.on_fact(SettingsChanged)
    def changed(fact: SettingsChanged, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return _heard(f"changed {fact.before} {fact.after}", fact.feature, scene, tx)

    @club.on_press("plan", Who.ORGANISER)
    def plan(pressed: Pressed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Wake(f"club.bell/{scene.group}", "club.bell", scene.now + timedelta(hours=1))]

    @club.on_wake("bell")
    def ring(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Post(due.name, Channel("main"), Card("The bell rings."))]

    @club.every("open", lambda settings: settings.rhythm, late, "Meeting")
    def open_day(due: Due, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Post(due.name, Channel("main"), _button(f"Meant for {due.at:%Y-%m-%d %H:%M}"))]

    @club.on_command("say", "write a note")
    def typed(typed: Typed, scene: Scene, tx: Tx) -> Sequence[Effect]:
        if not typed.text:
            raise Refusal("There are no words.", hint="Type them after the command.")
        return _keep_note(scene, typed.text, tx)

    @club.on_suggest("club.city")
    def suggest(typing: Suggest, scene: Scene, tx: Tx) -> Sequence[Option]:
        return [Option("Europe/Berlin", "Berlin")] if typing.typed == "B" else []

    @club.on_home
    def home(scene: Scene, tx: Tx) -> Sequence[Card]:
        return [Card(f"At home in {scene.group}")]

    @club.on_said
    def said(said: Said, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return _keep_note(scene, f"{said.under}: {said.text}", tx)

    @club.on_told
    def told(told: Told, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return [Reply(Card(f"You told {scene.group}: {told.text}"))]

    @club.on_fact(WakeSkipped)
    def skipped(fact: WakeSkipped, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return _heard("skipped", fact.name, scene, tx)

    @club.on_fact(PostParked)
    def parked(fact: PostParked, scene: Scene, tx: Tx) -> Sequence[Effect]:
        return _heard(f"parked {fact.reason}", fact.name, scene, tx)

    return club


def _keep_note(scene: Scene, text: str, tx: Tx) -> list[Effect]:
    tx.run(
        """INSERT INTO club_notes (group_id, member, text) VALUES (:group, :member, :text)
           ON CONFLICT (group_id, member) DO UPDATE SET text = excluded.text""",
        group=scene.group,
        member=scene.member,
        text=text,
    )
    row = tx.one("SELECT count(*) AS n FROM club_notes WHERE group_id = :group", group=scene.group)
    return [Post("club.board", Channel("main"), _button(f"Notes: {row['n'] if row else 0}"))]


def _heard(what: str, name: str, scene: Scene, tx: Tx) -> list[Effect]:
    tx.run(
        "INSERT INTO club_heard (what, name, at) VALUES (:what, :name, :at)",
        what=what,
        name=name,
        at=scene.now.isoformat(),
    )
    return []


def _button(title: str) -> Card:
    return Card(title, (), (Button("Write", Action.to("club.write"), "primary"),))
