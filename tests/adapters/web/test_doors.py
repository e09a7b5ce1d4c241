"""What people do reaches the bot, once, from the place where they did it."""

from datetime import timedelta
from typing import Any

import pytest

from bot.kernel.card import Card
from tests.adapters.web import toy
from tests.adapters.web.conftest import Site, Visit


async def test_a_command_sets_the_group_up_and_its_post_appears_with_thread_and_pin(ana: Visit) -> None:
    post = await ana.found()
    assert (post["name"], post["thread"], post["pinned"]) == ("toy/1", "Monday's problem", True)
    assert [button["label"] for button in post["card"]["buttons"]] == ["Write my answer", "Hint", "Stop"]


async def test_a_command_typed_as_a_message_is_a_command_and_leaves_no_message(ana: Visit) -> None:
    data = await ana.post("/do/say", spot="general", text="/study")
    assert data["answers"][0]["title"] == "The group is set up"
    assert await ana.messages("general") == []


async def test_a_press_answers_only_the_one_who_pressed_and_stays_after_a_reload(ana: Visit, ben: Visit) -> None:
    post = await ana.found()
    await ben.post("/do/type", spot="daily", text="join")
    data = await ben.post("/do/press", receipt=post["receipt"], action="toy.hint?n=1")
    assert data["answers"][0]["title"] == "Hint 1"
    assert [aside["card"]["title"] for aside in (await ben.get("/api/messages", spot="daily"))["asides"]] == [
        "Welcome",
        "Hint 1",
    ]
    assert "Hint 1" not in await ana.page("/c/daily")
    assert "Hint 1" in await ben.page("/c/daily")


async def test_a_dismissed_reply_is_gone(ana: Visit) -> None:
    post = await ana.found()
    await ana.post("/do/press", receipt=post["receipt"], action="toy.hint?n=1")
    aside = (await ana.get("/api/messages", spot="daily"))["asides"][-1]
    await ana.post("/do/dismiss", aside=str(aside["aside"]))
    assert "Hint 1" not in await ana.page("/c/daily")


async def test_nobody_dismisses_somebody_elses_reply(ana: Visit, ben: Visit) -> None:
    post = await ana.found()
    await ana.post("/do/press", receipt=post["receipt"], action="toy.hint?n=1")
    aside = (await ana.get("/api/messages", spot="daily"))["asides"][-1]
    await ben.post("/do/dismiss", aside=str(aside["aside"]))
    assert "Hint 1" in await ana.page("/c/daily")


async def test_a_press_on_a_reply_puts_the_next_reply_in_its_place(ana: Visit) -> None:
    post = await ana.found()
    await ana.post("/do/press", receipt=post["receipt"], action="toy.hint?n=1")
    aside = (await ana.get("/api/messages", spot="daily"))["asides"][-1]
    await ana.post("/do/press", receipt=aside["receipt"], aside=str(aside["aside"]), action="toy.hint?n=2")
    page = await ana.page("/c/daily")
    assert "Hint 2" in page
    assert "Hint 1" not in page


async def test_a_refusal_says_why_and_what_to_do(ana: Visit) -> None:
    post = await ana.found()
    refused = (await ana.post("/do/press", receipt=post["receipt"], action="toy.stop"))["refused"]
    assert (refused["because"], refused["hint"]) == ("It cannot be stopped.", "Wait until tomorrow.")
    assert "It cannot be stopped." in await ana.page("/c/daily")


async def test_a_menu_sends_what_was_chosen(ana: Visit) -> None:
    post = await ana.found()
    data = await ana.post("/do/press", receipt=post["receipt"], action="toy.level", value="hard")
    assert data["answers"][0]["title"] == "Level: hard"


async def test_the_same_delivery_twice_counts_once(ana: Visit) -> None:
    post = await ana.found()
    form = (await ana.post("/do/press", receipt=post["receipt"], action="toy.write?day=1"))["answers"][0]
    words = {"receipt": post["receipt"], "action": form["action"], "fields": {"text": "My answer"}, "delivery": "d1"}
    first = await ana.post("/do/submit", **words)
    again = await ana.post("/do/submit", **words)
    assert first["answers"] == again["answers"]
    assert toy.heard == [("submitted", "ana", "My answer")]
    await ana.post("/do/submit", **(words | {"delivery": "d2"}))
    assert len(toy.heard) == 2


async def test_an_answer_edits_the_post_and_says_thank_you_in_private(ana: Visit) -> None:
    post = await ana.found()
    await ana.post("/do/submit", receipt=post["receipt"], action="toy.send?day=1", fields={"text": "My <b>answer</b>"})
    await ana.site.wait()
    edited = (await ana.messages())[-1]
    assert edited["receipt"] == post["receipt"]
    assert "My <b>answer</b>" in edited["card"]["text"]
    assert [message["card"]["title"] for message in await ana.messages("dm-ana")] == ["Thank you"]
    replies = (await ana.get("/api/messages", under=post["receipt"]))["messages"]
    assert [message["name"] for message in replies] == ["toy/1/said"]


async def test_a_message_under_our_post_its_edit_and_its_end_reach_the_bot(ana: Visit) -> None:
    post = await ana.found()
    receipt = (await ana.post("/do/say", under=post["receipt"], text="note this"))["receipt"]
    await ana.post("/do/edit", receipt=receipt, text="better")
    await ana.post("/do/delete", receipt=receipt)
    under = post["name"]
    assert toy.heard == [
        ("said", "ana", f"{under}: note this"),
        ("said", "ana", f"{under}: better"),
        ("said", "ana", f"{under}: None"),
    ]
    assert (await ana.get("/api/messages", under=post["receipt"]))["messages"] == []


async def test_the_same_message_sent_twice_stands_once(ana: Visit) -> None:
    post = await ana.found()
    for _ in range(2):
        await ana.post("/do/say", spot=post["receipt"], text="hello all", delivery="d1")
    assert [heard[2] for heard in toy.heard] == ["toy/1: hello all"]
    assert len((await ana.get("/api/messages", under=post["receipt"]))["messages"]) == 1


async def test_talk_that_is_not_under_a_post_of_the_bot_does_not_reach_it(ana: Visit, ben: Visit) -> None:
    receipt = (await ana.post("/do/say", spot="general", text="Hello all"))["receipt"]
    await ben.post("/do/say", spot=receipt, text="Hello Ana")
    assert toy.heard == []
    assert (await ana.messages("general"))[0]["replies"] == 1


async def test_only_the_writer_changes_or_deletes_a_message(ana: Visit, ben: Visit) -> None:
    receipt = (await ana.post("/do/say", spot="general", text="Hello all"))["receipt"]
    await ben.post("/do/edit", 403, receipt=receipt, text="Bye")
    await ben.post("/do/delete", 403, receipt=receipt)
    assert (await ben.messages("general"))[0]["text"] == "Hello all"


async def test_a_private_message_reaches_the_bot_and_nobody_else_can_read_it(ana: Visit, ben: Visit) -> None:
    await ana.found()
    data = await ana.post("/do/tell", text="a secret")
    assert data["answers"][0]["title"] == "You told me"
    assert toy.heard == [("told", "ana", "a secret")]
    assert "a secret" in await ana.page("/c/dm-ana")
    await ben.page("/c/dm-ana", 404)
    await ben.get("/api/messages", 404, spot="dm-ana")
    await ben.post("/do/press", 404, receipt=data["receipt"], action="toy.hint?n=1")


async def test_a_room_is_seen_by_those_in_it_and_what_is_said_there_reaches_the_bot(ana: Visit, site: Site) -> None:
    await ana.found()
    await ana.post("/do/type", spot="daily", text="pair")
    ben, cy = await site.visit("ben"), await site.visit("cy")
    room = next(place for place in (await ben.get("/api/me"))["places"] if place["kind"] == "room")
    assert (room["title"], room["fresh"]) == ("Ana", 1)
    assert "Meet each other" in await ben.page(f"/c/{room['spot']}")
    await ben.post("/do/type", spot="daily", text="join")
    await ben.post("/do/say", spot=room["spot"], text="Shall we start?")
    assert toy.heard == [("said", "ben", "room/toy/pair: Shall we start?")]
    await cy.page(f"/c/{room['spot']}", 404)


async def test_a_shortcut_carries_the_message_and_who_wrote_it(ana: Visit, ben: Visit) -> None:
    await ana.found()
    receipt = (await ben.post("/do/say", spot="daily", text="My view"))["receipt"]
    data = await ana.post("/do/choose", receipt=receipt, verb="toy.keep")
    assert data["answers"][0]["blocks"] == [{"kind": "quote", "text": "My view"}]


async def test_cities_are_suggested_while_one_types(ana: Visit) -> None:
    await ana.found()
    options = (await ana.get("/api/suggest", source="cities", typed="be"))["options"]
    assert [option["label"] for option in options] == ["Berlin, Germany", "Bengaluru, India"]


async def test_the_home_page_shows_what_the_features_say_and_keeps_replies(ana: Visit) -> None:
    await ana.found()
    cards = (await ana.get("/api/home"))["cards"]
    assert [card["title"] for card in cards] == ["Your study group"]
    await ana.post("/do/press", spot="home", action="toy.hint?n=1")
    page = await ana.page("/home")
    assert 'Hello <span class="mention">@Ana</span>' in page
    assert "Hint 1" in page


async def test_the_home_page_is_no_channel(site: Site, ana: Visit) -> None:
    """A group that is set up there could post nowhere."""
    seen: list[str] = []
    handle, home = site.app.engine.handle, site.app.engine.home
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site.app.engine, "handle", lambda event: seen.append(event.spot) or handle(event))
        patch.setattr(site.app.engine, "home", lambda event: seen.append(event.spot) or home(event))
        await ana.page("/home")
        await ana.post("/do/press", spot="home", action="toy.hint?n=1")
    assert seen == ["", ""]


async def test_a_reply_leaves_the_home_page_after_half_a_day(site: Site, ana: Visit) -> None:
    """There it stands above everything, and nobody puts away twenty of them."""
    await ana.found()
    await ana.post("/do/press", spot="home", action="toy.hint?n=1")
    site.clock.go(timedelta(hours=11))
    assert "Hint 1" in await ana.page("/home")
    site.clock.go(timedelta(hours=2))
    assert "Hint 1" not in await ana.page("/home")
    assert (await ana.get("/api/home"))["asides"] == []


async def test_new_messages_are_marked_until_one_has_been_there(ana: Visit, ben: Visit) -> None:
    await ana.post("/do/say", spot="general", text="one")
    await ana.post("/do/say", spot="general", text="two")

    async def fresh(visit: Visit) -> int:
        places = (await visit.get("/api/me"))["places"]
        return int(next(place["fresh"] for place in places if place["spot"] == "general"))

    assert (await fresh(ana), await fresh(ben)) == (0, 2)
    assert 'data-fresh="2"' in await ben.page("/home")
    await ben.page("/c/general")
    assert await fresh(ben) == 0


async def test_a_thread_counts_as_new_only_for_those_who_wrote_or_looked(ana: Visit, ben: Visit, site: Site) -> None:
    root = (await ana.post("/do/say", spot="general", text="Who is in?"))["receipt"]
    await ben.post("/do/say", under=root, text="Me")
    await ana.post("/do/say", under=root, text="And you, Cy?")
    cy = await site.visit("cy")
    seen = [(await visit.messages("general"))[0]["fresh"] for visit in (ana, ben, cy)]
    assert seen == [0, 1, 0]
    await ben.page(f"/c/general/{root}")
    assert (await ben.messages("general"))[0]["fresh"] == 0


async def test_a_quiet_post_marks_nothing_as_new(ana: Visit, ben: Visit) -> None:
    await ana.found()
    await ben.page("/c/daily")
    await ana.site.chat.write("daily", name="x", card=Card("Quietly"), quiet=True)
    assert next(place["fresh"] for place in (await ben.get("/api/me"))["places"] if place["spot"] == "daily") == 0


async def test_a_thread_that_is_closed_takes_no_more_messages(ana: Visit) -> None:
    await ana.post("/do/type", spot="daily", text="")
    await ana.post("/do/type", spot="daily", text="task closed")
    post = (await ana.messages())[-1]
    error = await ana.post("/do/say", 404, under=post["receipt"], text="too late")
    assert error["error"] == "This thread is closed. Nothing can be added to it."
    page = await ana.page(f"/c/daily/{post['receipt']}")
    assert "Nothing can be added to it." in page
    assert 'id="thread-composer"' not in page


async def test_times_stand_on_the_readers_own_clock(ana: Visit, ben: Visit, site: Site) -> None:
    await ana.found()
    cy = await site.visit("cy")
    assert 'Opens <time datetime="2026-01-05T08:00:00+00:00">Mon 5 Jan, 09:00</time>' in await ana.page("/c/daily")
    assert ">Mon 5 Jan, 03:00</time>" in await ben.page("/c/daily")
    assert ">Mon 5 Jan, 08:00 UTC</time>" in await cy.page("/c/daily")


async def test_the_browser_tells_a_zone_once_and_a_wrong_one_is_not_kept(ana: Visit, site: Site) -> None:
    cy = await site.visit("cy")
    for zone in ("Mars/Olympus", "Asia/Tokyo", "Europe/Paris"):
        await cy.post("/do/zone", zone=zone)
    assert (await cy.get("/api/me"))["zone"] == "Asia/Tokyo"


async def test_the_old_name_of_a_zone_becomes_todays(ana: Visit, site: Site) -> None:
    cy = await site.visit("cy")
    await cy.post("/do/zone", zone="Asia/Calcutta")
    assert (await cy.get("/api/me"))["zone"] == "Asia/Kolkata"


async def test_a_reply_to_a_command_stays_where_it_came_when_others_write_on(ana: Visit, site: Site) -> None:
    await ana.found()
    site.clock.set(site.clock.now() + timedelta(minutes=1))
    await ana.post("/do/say", spot="daily", text="/study")
    site.clock.set(site.clock.now() + timedelta(minutes=1))
    await ana.post("/do/say", spot="daily", text="later words")
    page = await ana.page("/c/daily")
    assert page.index("Monday&#39;s problem") < page.index("What you can do") < page.index("later words")


async def test_a_form_knows_its_required_fields_its_limits_and_its_options(ana: Visit) -> None:
    post = await ana.found()
    form = (await ana.post("/do/press", receipt=post["receipt"], action="toy.write?day=1"))["answers"][0]

    async def refused(**fields: object) -> str:
        words = {"receipt": post["receipt"], "action": form["action"], "form": str(form["form"]), "fields": fields}
        data = await ana.post("/do/submit", **words)
        return f"{data['refused']['field']}: {data['refused']['because']}"

    assert await refused(text=" ", show="yes") == "text: Please fill this in."
    assert await refused(text="x" * 3_001, show="yes") == "text: This takes 3,000 characters at most. You wrote 3,001."
    assert await refused(text="An answer", show="perhaps") == "show: Please choose one of the options shown."
    assert await refused(text="abc", show="yes") == "text: This is too short."
    assert toy.heard == []


async def test_a_form_offers_the_channels_and_people_of_this_chat_by_name(ana: Visit) -> None:
    await ana.found()
    form = (await ana.post("/do/press", spot="daily", action="toy.move"))["answers"][0]
    offered = {row["key"]: [(option["value"], option["label"]) for option in row["options"]] for row in form["fields"]}
    assert offered["where"] == [("general", "#general"), ("daily", "#daily")]
    assert offered["who"] == [("ana", "Ana"), ("ben", "Ben"), ("cy", "Cy")]

    async def send(**fields: str) -> dict[str, Any]:
        sent = {"spot": "daily", "action": form["action"], "form": str(form["form"]), "fields": fields}
        return await ana.post("/do/submit", **sent)

    for wrong in ("nowhere", "dm-ben", "dm-ana"):
        assert (await send(where=wrong))["refused"]["because"] == "Please choose one of the options shown."
    assert (await send(where="", who="ben"))["refused"]["because"] == "Please choose one."
    assert (await send(where="daily", who="@ben"))["refused"]["field"] == "who"
    assert (await send(where="general", who="ben"))["answers"][0]["title"] == "To general with ben"


async def test_a_form_of_channels_and_people_works_without_a_script(ana: Visit) -> None:
    await ana.found()
    words = {"token": ana.token, "spot": "daily", "back": "/c/daily"}
    page = await (await ana.client.post("/do/press", data=words | {"action": "toy.move"})).text()
    assert '<select id="field-where" name="f.where" required>' in page
    assert '<option value="daily" selected>#daily</option>' in page
    assert '<option value="ben">Ben</option>' in page
    number = page.partition('name="form" value="')[2].partition('"')[0]
    sent = words | {"action": "toy.moved", "form": number, "f.where": "dm-ana", "f.who": "ben"}
    page = await (await ana.client.post("/do/submit", data=sent)).text()
    assert "Please choose one of the options shown." in page
    assert '<option value="ben" selected>Ben</option>' in page, "what was chosen stays chosen"
    page = await (await ana.client.post("/do/submit", data=sent | {"f.where": "daily", "f.who": ""})).text()
    assert "To daily with nobody" in page


async def test_answers_arrive_as_fields_of_their_kind(ana: Visit) -> None:
    post = await ana.found()
    fields = {"text": "An answer\r\nof two lines", "show": "yes", "about": ["yes", "no"]}
    data = await ana.post("/do/submit", receipt=post["receipt"], action="toy.send?day=1", fields=fields)
    assert data["answers"][0]["blocks"][0] == {"kind": "quote", "text": "An answer\nof two lines"}
    assert data["answers"][0]["blocks"][1]["text"] == {"About": "yes, no", "File": "no file"}


async def test_a_manager_adds_a_channel_and_others_cannot(ana: Visit, ben: Visit) -> None:
    assert await ana.post("/do/channel", title="System Design!") == {"spot": "system-design"}
    await ben.post("/do/channel", 403, title="mine")
    spots = [place["spot"] for place in (await ben.get("/api/me"))["places"]]
    assert spots == ["general", "daily", "system-design", "dm-ben"]
    assert (await ana.post("/do/channel", 400, title="m12"))["error"].startswith("Please give the channel a short name")


async def test_an_unknown_button_and_an_unknown_place_are_told_kindly(ana: Visit) -> None:
    await ana.found()
    refused = (await ana.post("/do/press", spot="daily", action="no.such"))["refused"]
    assert refused["because"] == "This button does not work any more."
    assert (await ana.post("/do/say", 404, spot="nowhere", text="x"))[
        "error"
    ] == "There is no channel or message nowhere here."
    assert (await ana.post("/do/say", 400, spot="general", text="  "))["error"].startswith("There is nothing")


async def test_older_messages_are_a_page_away(ana: Visit, site: Site) -> None:
    for n in range(130):
        await site.chat.write("general", "ben", words=f"message {n}.")
    page = await ana.page("/c/general")
    assert "message 129." in page
    assert "message 29." not in page
    assert "/c/general?before=m31" in page
    assert "message 29." in await ana.page("/c/general?before=m31")


async def test_a_new_day_is_announced_once(ana: Visit, site: Site) -> None:
    await ana.post("/do/say", spot="general", text="today")
    await site.wait(timedelta(days=1))
    await ana.post("/do/say", spot="general", text="tomorrow")
    await ana.post("/do/say", spot="general", text="and more")
    page = await ana.page("/c/general")
    assert page.count('class="day"') == 2
    assert "Tuesday 6 January 2026" in page


async def test_half_a_character_does_no_harm(ana: Visit) -> None:
    data = await ana.post("/do/say", spot="general", text="half \ud83d of one")
    assert "half ? of one" in str(await ana.messages("general"))
    assert data["refused"] is None
