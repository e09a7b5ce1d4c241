"""A small feature with one of everything that a page can show, so that the adapter is tested without the real ones."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.kernel.action import Action
from bot.kernel.card import (
    Block,
    Bullets,
    Button,
    Card,
    ChannelField,
    ChoiceField,
    ChoicesField,
    CityField,
    Facts,
    File,
    Form,
    Listing,
    Note,
    Option,
    Para,
    PersonField,
    Quote,
    Select,
    TextField,
    UploadField,
)
from bot.kernel.effect import Ask, Channel, Direct, Effect, Enrol, FoundGroup, Post, Reply, Room, Under
from bot.kernel.errors import Refusal
from bot.kernel.event import Chosen, Pressed, Said, Scene, Submitted, Suggest, Told, Typed
from bot.kernel.feature import Feature, Who
from bot.kernel.ports import Tx
from bot.kernel.text import Link, Mention, When, md

FEATURE = Feature("toy")
OPENS = datetime(2026, 1, 5, 8, tzinfo=UTC)
heard: list[tuple[str, str, str]] = []  # what reached the bot: word, person, text
EXPORT = '{"words":"' + "é" * 524_282 + '"}'  # as large as a file may be


def task_card(rows: tuple[tuple[str, str], ...] = ()) -> Card:
    blocks: tuple[Block, ...] = (
        Para(
            md(
                "**A job**, hosts at `{port}`. Read {link}.",
                port=80,
                link=Link("the note", "https://example.org/a?b=1"),
            )
        ),
        Note(md("Opens {at}, says {who}.", at=When(OPENS), who=Mention("ben"))),
        Bullets((md("one"), md("two"))),
        Listing("for x in xs:\n    print(x < 1)", "python"),
        Facts((("Answers", md("{n}", n=len(rows))),)),
        *(Quote(text, member) for member, text in rows),
    )
    buttons = (
        Button("Write my answer", Action.to("toy.write", day="1"), "primary"),
        Button("Hint", Action.to("toy.hint", n="1")),
        Button("Stop", Action.to("toy.stop"), "danger"),
    )
    menu = Select("Level", Action.to("toy.level"), (Option("easy", "Easy"), Option("hard", "Hard")), "easy")
    return Card("Monday's problem", blocks, buttons, (menu,), (File("day.ics", "text/calendar", "BEGIN:VCALENDAR"),))


def everything_form() -> Form:
    options = (Option("yes", "Yes"), Option("no", "No", "not today"))
    return Form(
        "Your answer",
        Action.to("toy.send", day="1"),
        (
            TextField("text", "Answer", help="Say it in your own words.", long=True),
            ChoiceField("show", "May others read it?", options, "yes"),
            ChoicesField("about", "What was it about?", options),
            CityField("city", "Your city", "cities", required=False),
            UploadField("sound", "A recording"),
        ),
    )


def move_form() -> Form:
    fields = (ChannelField("where", "New channel", "daily"), PersonField("who", "Partner", required=False))
    return Form("Move", Action.to("toy.moved"), fields)


@FEATURE.on_command("", "what you can do here", Who.ANYONE, before_ready=True)
def start(_: Typed, scene: Scene, __: Tx) -> Sequence[Effect]:
    if scene.ready:
        return [Reply(Card("What you can do", (Para(md("Type /study task.")),)))]
    places = {"daily": scene.spot}
    return [FoundGroup("Europe/Berlin", places), Enrol(scene.member), Reply(Card("The group is set up"))]


@FEATURE.on_command("join", "join the study group", Who.ANYONE)
def join(_: Typed, scene: Scene, __: Tx) -> Sequence[Effect]:
    return [Enrol(scene.member), Reply(Card("Welcome"))]


@FEATURE.on_command("task", "post today's problem")
def post_task(what: Typed, _: Scene, __: Tx) -> Sequence[Effect]:
    closed = what.text == "closed"
    return [Post("toy/1", Channel("daily"), task_card(), thread="Monday's problem", pinned=True, closed=closed)]


@FEATURE.on_command("pair", "open a room for Ana and Ben")
def pair(_: Typed, __: Scene, ___: Tx) -> Sequence[Effect]:
    return [Post("toy/pair/1", Room("toy/pair", ("ana", "ben")), Card("Meet each other"))]


@FEATURE.on_press("hint")
def hint(what: Pressed, scene: Scene, _: Tx) -> Sequence[Effect]:
    heard.append(("pressed", scene.member, "hint"))
    n = int(what.action.get("n"))
    return [
        Reply(Card(f"Hint {n}", (Para(md("Think.")),), (Button("Next hint", Action.to("toy.hint", n=str(n + 1))),)))
    ]


@FEATURE.on_press("stop")
def stop(_: Pressed, __: Scene, ___: Tx) -> Sequence[Effect]:
    raise Refusal("It cannot be stopped.", hint="Wait until tomorrow.")


@FEATURE.on_press("level")
def level(what: Pressed, _: Scene, __: Tx) -> Sequence[Effect]:
    return [Reply(Card(f"Level: {what.value}"))]


@FEATURE.on_press("write")
def write(_: Pressed, __: Scene, ___: Tx) -> Sequence[Effect]:
    return [Ask(everything_form())]


@FEATURE.on_submit("send", opened_by="write")
def send(form: Submitted, scene: Scene, _: Tx) -> Sequence[Effect]:
    text = form.text("text")
    if len(text) < 5:
        raise Refusal("This is too short.", hint="Write five letters.", field="text")
    upload = form.upload("sound")
    note = f"{upload.name}, {upload.bytes} bytes, {upload.seconds} s" if upload else "no file"
    about = ", ".join(form.chosen("about"))
    heard.append(("submitted", scene.member, text))
    facts = (("About", md("{about}", about=about)), ("File", md("{note}", note=note)))
    kept = Card("Your answer is kept", (Quote(text), Facts(facts)))
    return [
        Reply(kept),
        Post("toy/1", Channel("daily"), task_card(((scene.member, text),)), pinned=True),
        Post("toy/1/said", Under("toy/1"), Card("An answer came in"), quiet=True),
        Post(
            f"toy/thanks/{scene.member}",
            Direct(scene.member),
            Card("Thank you", (), (Button("Again", Action.to("toy.write", day="1")),)),
        ),
    ]


@FEATURE.on_press("move")
def move(_: Pressed, __: Scene, ___: Tx) -> Sequence[Effect]:
    return [Ask(move_form())]


@FEATURE.on_submit("moved", opened_by="move")
def moved(form: Submitted, _: Scene, __: Tx) -> Sequence[Effect]:
    return [Reply(Card(f"To {form.text('where')} with {form.text('who') or 'nobody'}"))]


@FEATURE.on_command("export", "everything about you in one file")
def export(_: Typed, __: Scene, ___: Tx) -> Sequence[Effect]:
    return [Reply(Card("Your data", files=(File("my data.json", "application/json", EXPORT),)))]


@FEATURE.on_said
def listen(said: Said, scene: Scene, _: Tx) -> Sequence[Effect]:
    heard.append(("said", scene.member, f"{said.under}: {said.text}"))
    return [Reply(Card("Noted"))] if said.text == "note this" else []


@FEATURE.on_told
def answer(told: Told, scene: Scene, _: Tx) -> Sequence[Effect]:
    heard.append(("told", scene.member, told.text))
    return [Reply(Card("You told me", (Quote(told.text),)))]


@FEATURE.on_shortcut("keep", "Keep as my answer")
def keep(chosen: Chosen, _: Scene, __: Tx) -> Sequence[Effect]:
    return [Reply(Card("Kept", (Quote(chosen.text, chosen.author),)))]


@FEATURE.on_suggest("cities")
def suggest(what: Suggest, _: Scene, __: Tx) -> Sequence[Option]:
    cities = ("Berlin, Germany", "Bengaluru, India", "Lima, Peru")
    return [Option(city, city) for city in cities if city.lower().startswith(what.typed.lower())]


@FEATURE.on_home
def my_home(scene: Scene, _: Tx) -> Sequence[Card]:
    return [
        Card(
            "Your study group",
            (Para(md("Hello {who}.", who=Mention(scene.member))),),
            (Button("Hint", Action.to("toy.hint", n="1")),),
        )
    ]
