"""What organisers see of the plan: the next days, one day, the mix and the packs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from bot.content.catalogue import Domain, Item
from bot.content.markdown import spans
from bot.features.daily.cards import EXAMPLE_ITEM
from bot.features.daily.plan_rules import MIXES, PlannedDay, day_words, shorten
from bot.features.daily.rules import AS_PACK, token
from bot.kernel.action import Action
from bot.kernel.card import (
    Block,
    Button,
    Card,
    ChoiceField,
    ChoicesField,
    Facts,
    Form,
    Note,
    Option,
    Para,
    Select,
)
from bot.kernel.text import Plain, Text, When, md, plural

PLAN = Action.to("daily.plan")
DESK = Button("Back to the desk", Action.to("organiser.desk"))
ROWS = 5  # days in one list, so that long titles fit
FITS = "fits this week's system design"
PACKS = 10  # options of one field with ticks


# --- the next days -------------------------------------------------------------------------


def plan_card(
    shown: Sequence[PlannedDay],
    first: date,
    *,
    earlier: date | None = None,
    later: date | None = None,
    never: Sequence[tuple[int, Item]] = (),
    several_packs: bool = False,
) -> Card:
    """`never`: (number of the change, item) of what is never posted."""
    posts = [day for day in shown if day.item and not day.off]
    when: Text = md(" The first of these comes {at}.", at=When(posts[0].at)) if posts else ()
    blocks: list[Block] = [Note((*md("I post exactly this. Choose a day to change it."), *when))]
    rows = [(day_words(day.day), _line(day)) for day in shown]
    blocks += [Facts(tuple(rows[at : at + ROWS])) for at in range(0, len(rows), ROWS)]
    if any(day.fits for day in shown):
        blocks.append(Note(md("* {fits}.", fits=FITS)))
    if not shown:
        blocks = [Para(md("No problem is planned in these two weeks."))]
    open_days = [day for day in shown if not day.off]
    selects = [_days_menu(open_days)] if open_days else []
    selects += [_never_menu(never)] if never else []
    buttons = [Button("Earlier", Action.to("daily.plan", **{"from": str(earlier)}))] if earlier else []
    buttons += [Button("Later", Action.to("daily.plan", **{"from": str(later)}))] if later else []
    buttons += [Button("Mix of problems", Action.to("daily.mix"))]
    buttons += [Button("Packs", Action.to("daily.packs"))] if several_packs else []
    buttons += [Button("System design weeks", Action.to("mlsd.calendar"))]
    title = f"The plan from {day_words(first)}" if earlier else "The plan for the next two weeks"
    return Card(title, tuple(blocks), (*buttons, DESK), tuple(selects))


def _line(day: PlannedDay) -> Text:
    if day.off:
        return md("day off")
    if day.item is None:
        return md("nothing is left to post")
    changed = ", changed" if day.change else ""
    fits = " *" if day.fits else ""
    about = f"{day.item.title} ({day.item.domain_label}, {plural(day.item.minutes_solve, 'minute')}{changed}){fits}"
    return (Plain(about),)


def _days_menu(days: Sequence[PlannedDay]) -> Select:
    options = [
        Option(str(day.day), shorten(f"{day_words(day.day)}: {day.item.title if day.item else 'nothing is left'}"))
        for day in days
    ]
    return Select("Change a day", Action.to("daily.plan_day"), tuple(options))


def _never_menu(never: Sequence[tuple[int, Item]]) -> Select:
    options = tuple(Option(str(number), shorten(item.title)) for number, item in never)
    return Select("Allow one again", Action.to("daily.plan_undo"), options)


# --- one day ----------------------------------------------------------------------------------


def plan_day_card(day: PlannedDay, others: Sequence[Item], note: str = "") -> Card:
    """`others` can come instead; `note` says what was done a moment ago."""
    said: tuple[Block, ...] = (Note(md("{note}", note=note)),) if note else ()
    back = Button("Back to the plan", PLAN)
    undo = (Button("Undo", Action.to("daily.plan_undo", n=str(day.change))),) if day.change else ()
    menu = (_others_menu(day, others),) if others and not day.off else ()
    when = day_words(day.day)
    if day.off:
        return Card(f"{when}: a day off", (*said, Para(md("Nothing is posted on that day."))), (back,))
    if day.item is None:
        text = md("The group has met all that it may get. Add a pack, or change the mix.")
        return Card(f"{when}: nothing is left", (*said, Para(text)), (*undo, back), menu)
    item = day.item
    rows = (
        ("Posted", (When(day.at),)),
        ("Kind", md("{x}", x=item.domain_label)),
        ("Difficulty", md("{x}", x=item.difficulty)),
        ("Time", md("about {time}", time=plural(item.minutes_solve, "minute"))),
    )
    about = {"day": str(day.day), "item": token(item.id)}
    deeds = (
        Button("Swap it", Action.to("daily.plan_swap", **about)),
        Button("Never post it", Action.to("daily.plan_never", **about), "danger"),
    )
    fits = (Note(md("It {fits}.", fits=FITS)),) if day.fits else ()
    blocks = (*said, Para(md("**{title}**", title=item.title)), Para(spans(item.summary)), Facts(rows), *fits)
    return Card(when, blocks, (*deeds, *undo, back), menu)


def _others_menu(day: PlannedDay, others: Sequence[Item]) -> Select:
    options = tuple(
        Option(
            item.id,
            shorten(item.title),
            f"{item.domain_label}, {item.difficulty}, {plural(item.minutes_solve, 'minute')}",
        )
        for item in others
    )
    return Select("Choose another one", Action.to("daily.plan_choose", day=str(day.day)), options)


def undone_card(*, again: bool) -> Card:
    title = "That was undone already." if again else "Undone. The plan is as it was before."
    return Card(title, (), (Button("See the plan", PLAN),))


# --- mix and packs ---------------------------------------------------------------------------------


def mix_form(domains: Sequence[Domain], mix: Sequence[tuple[str, int]], page: int) -> Form:
    options = tuple(Option(str(percent), word) for percent, word in MIXES)
    now = dict(mix)
    fields = tuple(
        ChoiceField(domain.name, domain.label, options, str(now.get(domain.name, AS_PACK))) for domain in domains
    )
    return Form("Mix of problems", Action.to("daily.keep_mix", page=str(page)), fields, "Save")


def mix_card(rows: Sequence[tuple[str, str]], more: int) -> Card:
    """`rows`: (kind, how much of it), at most twenty; `more` is the next page of kinds, 0 for none."""
    next_ = (Button("More kinds", Action.to("daily.mix", page=str(more))),) if more else ()
    see = Button("See the plan", PLAN, "primary")
    facts = Facts(tuple((kind, md("{word}", word=word)) for kind, word in rows))
    note = Note(md("The share of each kind moves there within some weeks."))
    return Card("The mix is saved.", (facts, note), (see, *next_, DESK), tone="good")


def no_mix_card() -> Card:
    return Card("There is nothing to mix.", (Para(md("No pack with daily problems is installed.")),), (DESK,))


def packs_form(installed: Sequence[str], off: Sequence[str]) -> Form:
    fields = []
    for at in range(0, len(installed), PACKS):
        some = installed[at : at + PACKS]
        on = tuple(pack for pack in some if pack not in off)
        label = "Packs that are on" if at == 0 else "More packs"
        options = tuple(Option(pack, pack) for pack in some)
        fields.append(ChoicesField(f"packs{at // PACKS}", label, options, on))
    return Form("Packs", Action.to("daily.keep_packs"), tuple(fields), "Save")


def packs_card(on: Sequence[str]) -> Card:
    text = md("Daily problems come from {packs}.", packs=", ".join(on))
    see = Button("See the plan", PLAN, "primary")
    return Card("The packs are saved.", (Para(text),), (see, DESK), tone="good")


def one_pack_card(name: str) -> Card:
    text = md("Daily problems come from **{name}**. Whoever runs the bot can add another.", name=name)
    return Card("Only one pack is installed.", (Para(text),), (DESK,))


_DAY = PlannedDay(date(2026, 1, 6), datetime(2026, 1, 6, 8, tzinfo=UTC), EXAMPLE_ITEM, change=2, fits=True)
_OFF = PlannedDay(date(2026, 1, 7), datetime(2026, 1, 7, 8, tzinfo=UTC), None, off=True)
_EMPTY = PlannedDay(date(2026, 1, 8), datetime(2026, 1, 8, 8, tzinfo=UTC), None)
_DOMAINS = (Domain("algorithm", "Algorithms", 3), Domain("fundamentals", "ML fundamentals", 1))
EXAMPLES: dict[str, Card | Form] = {
    "plan_card": plan_card(
        (_DAY, _OFF, _EMPTY), _DAY.day, later=date(2026, 1, 20), never=((1, EXAMPLE_ITEM),), several_packs=True
    ),
    "plan_later_card": plan_card((), date(2026, 1, 20), earlier=_DAY.day),
    "plan_day_card": plan_day_card(_DAY, (EXAMPLE_ITEM,), "It comes on that day now."),
    "plan_day_off_card": plan_day_card(_OFF, ()),
    "plan_day_empty_card": plan_day_card(_EMPTY, (EXAMPLE_ITEM,)),
    "undone_card": undone_card(again=False),
    "mix_form": mix_form(_DOMAINS, (("algorithm", 200),), 0),
    "mix_card": mix_card((("Algorithms", "More"), ("ML fundamentals", "As the pack says")), 1),
    "no_mix_card": no_mix_card(),
    "packs_form": packs_form(("mine", "starter"), ("mine",)),
    "packs_card": packs_card(("starter",)),
    "one_pack_card": one_pack_card("starter"),
}
