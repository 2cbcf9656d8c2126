"""/admin: what administrators set, give, see and take away, and that nothing else becomes of bad input."""

import asyncio
import contextlib
import csv
import io
import re
import sqlite3
import zipfile
from typing import Any

import pytest
from PIL import Image

from bot.sandbox.discord import Message, Permission, Person, PersonCannot
from tests.support.house import PLENTY_A_DAY, House, words
from tests.support.server_settings import set_settings

DAY_S = 24 * 3600.0


def manager(house: House) -> Person:
    """Return a new member who may manage the server."""
    role = house.guild.add_role("managers", permissions=Permission.MANAGE_GUILD)
    return house.guild.add_member("a manager", roles=[role])


async def admin(house: House, who: Person, command: str, **options: Any) -> Message:
    """Use a command of /admin and return the answer, once it says something."""
    use = await who.use(house.channel, f"/admin {command}", **options)
    message = await use.message()
    await message.wait_until(lambda seen: not seen.thinking)
    assert message.ephemeral
    return message


async def said(house: House, who: Person, command: str, **options: Any) -> str:
    return (await admin(house, who, command, **options)).content


def rows(house: House, sql: str) -> list[tuple[Any, ...]]:
    """Return what another process reads from the database."""
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database:
        return database.execute(sql).fetchall()


async def drawn(house: House, person: Person | None = None, **options: Any) -> Message:
    """Let somebody make a picture, and wait until it is delivered."""
    message = await house.imagine(person, **options)
    await house.until(lambda: message.attachments)
    await house.until(lambda: set(house.stored("status")) == {"delivered"})
    return message


async def test_a_member_runs_into_a_limit_is_granted_two_more_and_uses_them(house: House) -> None:
    """What the administrator reads is the before and the after, each time."""
    async with house.bot():
        boss = manager(house)
        told = await said(house, boss, "quota set", limit="1")
        assert told.startswith("**For every member: at most 1 picture a day.** Before: no such limit.")
        await drawn(house)
        refused = await house.imagine()
        assert refused.ephemeral
        assert "used up" in refused.content
        told = await said(house, boss, "quota grant", member=house.alice, images="2", why="a prize")
        assert told == (
            f"**<@{house.alice.id}> may use 2 pictures more.** Noted for the ledger: “a prize”.\n"
            "- At most 1 picture a day: before, 0 of 1 picture left; now, 2 of 3 pictures left, until it begins anew "
            "<t:1795392000:R>."
        )
        await drawn(house, prompt="the first of two")
        await drawn(house, prompt="the second of two")
        assert (await house.imagine()).ephemeral
    assert len(house.tasks) == 3


async def test_a_limit_that_is_set_anew_is_told_with_what_it_was(house: House) -> None:
    """For each kind of subject, and where nothing changes, too."""
    async with house.bot():
        boss, painters = manager(house), house.guild.add_role("painters")
        await said(house, boss, "quota set", limit="5", role=painters, unit="credits", per="month")
        told = await said(
            house, boss, "quota set", limit="2.5", role=painters, unit="credits", per="month", rolling=True
        )
        assert told.startswith(
            f"**For <@&{painters.id}>: at most 2.5 credits in any 30 days.** Before: at most 5 credits a month."
        )
        told = await said(house, boss, "quota set", limit="unlimited", member=house.alice)
        assert told.startswith(f"**For <@{house.alice.id}>: unlimited pictures a day.** Before: no such limit.")
        told = await said(house, boss, "quota set", limit="unlimited", member=house.alice)
        assert told.endswith("It was so before, too; nothing was changed.")
        told = await said(house, boss, "quota set", limit="0", channel=house.channel)
        assert told.startswith(f"**For <#{house.channel.id}>: no pictures at all (0 pictures a day).**")
        assert "No pictures can be made" in (await house.imagine()).content


@pytest.mark.parametrize(
    ("limit", "part"),
    [
        ("-1", "less than nothing"),
        ("1000000000000", "more than can be set"),
        ("ten", "not a number"),
        ("1.5", "counted whole"),
        (" ", "missing"),
    ],
)
async def test_a_limit_that_cannot_be_is_refused_in_a_sentence(house: House, limit: str, part: str) -> None:
    """And nothing is changed by it."""
    async with house.bot():
        told = await said(house, manager(house), "quota set", limit=limit)
        assert part in told
        assert "Nothing was changed." in told
        assert rows(house, "SELECT * FROM rules") == []
        assert rows(house, "SELECT * FROM admin_log") == []


async def test_whom_nothing_can_be_set_for_is_refused_in_a_sentence(house: House) -> None:
    """A role above the bot, everyone, a member who left, a bot, two at once, and nobody at all."""
    above = house.guild.add_role("bosses", below_bot=False)
    leaver = house.guild.add_member("leaver")
    house.guild.remove_member(leaver)
    async with house.bot():
        boss = manager(house)
        refused: list[tuple[str, dict[str, Any], str]] = [
            ("quota set", {"limit": "5", "role": above}, "bosses"),
            ("quota set", {"limit": "5", "role": house.guild.everyone}, "Everyone is no role"),
            ("quota set", {"limit": "5", "member": leaver}, "is not in this server any more"),
            ("quota set", {"limit": "5", "member": house.discord.world.bot}, "is a bot"),
            ("quota set", {"limit": "5", "member": house.alice, "channel": house.channel}, "More than one is"),
            ("quota grant", {"member": house.alice}, "not said what this is about"),
            ("quota grant", {"member": leaver, "images": "2"}, "is not in this server any more"),
            ("quota grant", {"member": house.alice, "images": "0"}, "would change nothing"),
            ("quota grant", {"member": house.alice, "credits": "-1"}, "less than nothing"),
            ("quota reset", {}, "not said what this is about"),
            ("quota reset", {"member": house.alice, "channel": house.channel}, "about one at a time"),
            ("quota remove", {"orphaned": True, "member": house.alice}, "goes with no other"),
            ("quota remove", {"orphaned": True, "per": "day"}, "goes with no other"),
            ("quota set", {"limit": "none"}, "Write `0` for the one and `unlimited` for the other"),
            ("quota grant", {"member": house.alice, "images": "unlimited"}, "`limit:unlimited` lifts"),
            ("budget", {"per": "week"}, "`limit` is not filled in"),
            ("quality", {"role": above, "highest": "1K"}, "above the bot's own role"),
            ("block", {"member": house.discord.world.bot}, "is a bot"),
        ]
        for command, options, part in refused:
            told = await said(house, boss, command, **options)
            assert part in told
            assert "Nothing was changed." in told
        assert rows(house, "SELECT * FROM rules") == []
        assert rows(house, "SELECT * FROM ledger") == []
        assert rows(house, "SELECT * FROM admin_log") == []


async def test_who_may_not_manage_the_server_is_not_offered_the_commands(house: House) -> None:
    """Until the server's Integrations page says otherwise."""
    async with house.bot():
        with pytest.raises(PersonCannot):
            await house.alice.use(house.channel, "/admin log")
        house.guild.override_command("/admin", house.alice, allowed=True)
        assert "Nobody has changed anything" in words(await admin(house, house.alice, "log"))


async def test_limits_are_listed_and_those_of_deleted_roles_are_marked_and_cleared(house: House) -> None:
    """They are not applied, and one option removes them."""
    async with house.bot():
        boss, painters = manager(house), house.guild.add_role("painters")
        assert f"at most {PLENTY_A_DAY:,} pictures a day" in words(await admin(house, boss, "quota list"))
        artist = house.guild.add_member("artist", roles=[painters])
        await said(house, boss, "quota set", limit="0", role=painters)
        await said(house, boss, "quota set", limit="7", member=house.alice)
        assert (await house.imagine(artist)).ephemeral
        assert f"<@&{painters.id}>: no pictures at all" in words(await admin(house, boss, "quota list"))
        house.guild.remove_role(painters)
        listed = words(await admin(house, boss, "quota list"))
        while "Orphaned" not in listed:  # the library hears of it in its own time
            listed = words(await admin(house, boss, "quota list"))
        assert f"Deleted role {painters.id}: no pictures at all" in listed
        assert f"<@{house.alice.id}>: at most 7 pictures a day" in listed
        await drawn(house, artist)
        assert (await said(house, boss, "quota remove", orphaned=True)).startswith("Removed one limit of deleted")
        assert "nothing was changed" in await said(house, boss, "quota remove", orphaned=True)
        assert "Orphaned" not in words(await admin(house, boss, "quota list"))
        assert [row[0] for row in rows(house, "SELECT scope FROM rules")] == ["user"]


async def test_while_discord_has_not_told_what_a_server_has_no_limit_is_called_orphaned(house: House) -> None:
    """An outage must not clear limits away."""
    async with house.bot() as app:
        boss, painters = manager(house), house.guild.add_role("painters")
        await said(house, boss, "quota set", limit="5", role=painters)
        house.guild.remove_role(painters)
        while "Orphaned" not in words(await admin(house, boss, "quota list")):
            pass
        house.guild.become_unavailable()
        await house.until(lambda: all(guild.unavailable for guild in app.client.guilds))
        assert "Orphaned" not in words(await admin(house, boss, "quota list"))
        assert "nothing was changed" in await said(house, boss, "quota remove", orphaned=True)
        assert len(rows(house, "SELECT * FROM rules")) == 1


async def test_who_has_many_roles_is_told_what_fits_into_a_message(house: House) -> None:
    """A grant raises each limit of each role; an answer that is too long would be none."""
    async with house.bot():
        boss, roles = manager(house), [house.guild.add_role(f"role {number}") for number in range(40)]
        member = house.guild.add_member("member", roles=roles)
        for role in roles:
            await said(house, boss, "quota set", limit="5", role=role)
        told = await said(house, boss, "quota grant", member=member, images="2")
        assert told.startswith(f"**<@{member.id}> may use 2 pictures more.**")
        assert len(told) <= 2000


async def test_what_is_removed_is_told_with_what_holds_then(house: House) -> None:
    """One of several limits, the last of them, and those of somebody who has left."""
    async with house.bot():
        boss = manager(house)
        for per in ("day", "month"):
            await said(house, boss, "quota set", limit="5", per=per)
            await said(house, boss, "quota set", limit="5", per=per, member=house.alice)
        told = await said(house, boss, "quota remove", per="day")
        assert told == (
            "**Removed for every member: at most 5 pictures a day.** What remains: at most 5 pictures a month."
        )
        told = await said(house, boss, "quota remove")
        assert f"the usual limit of whoever runs this bot holds: at most {PLENTY_A_DAY:,} pictures a day." in told
        assert "there is no such limit" in await said(house, boss, "quota remove")
        house.guild.remove_member(house.alice)
        told = await said(house, boss, "quota remove", member=house.alice)
        assert "at most 5 pictures a day; at most 5 pictures a month" in told
        assert "has the limits of their roles now" in told
        assert rows(house, "SELECT * FROM rules") == []


async def test_what_was_used_is_counted_from_nothing_again(house: House) -> None:
    """Of a member, a channel and the whole server, each for itself."""
    async with house.bot(default_member_images_per_day=1):
        boss = manager(house)
        await said(house, boss, "quota set", limit="9", channel=house.channel)
        await drawn(house)
        told = await said(house, boss, "quota reset", channel=house.channel)
        assert "- At most 9 pictures a day: before, 1 of 9 pictures used; now, 0 of 9 pictures used." in told
        assert (await house.imagine()).ephemeral
        told = await said(house, boss, "quota reset", member=house.alice)
        assert "- At most 1 picture a day: before, 1 of 1 picture used; now, 0 of 1 picture used." in told
        assert "granted" not in told
        await drawn(house, prompt="after the reset")
        await said(house, boss, "quota grant", member=house.alice, images="2")
        told = await said(house, boss, "quota reset", member=house.alice)
        assert (
            "What was granted before counts no more, either: 2 pictures. `/admin quota grant` gives it again." in told
        )
        assert "No limit counts it at the moment" in await said(house, boss, "quota reset", server=True)
        told = await said(house, boss, "quota reset", server=True, member=house.alice)
        assert "More than one" in told


async def test_a_budget_is_set_shown_held_and_removed(house: House) -> None:
    """In credits a month, if nothing else is said; the operator's ceiling stands beside it."""
    async with house.bot(server_credits_per_month="900"):
        boss = manager(house)
        shown = await said(house, boss, "budget")
        assert "no budget of its own" in shown
        assert "**At most 900 credits a month**, set by whoever runs this bot for each server" in shown
        assert "`/admin settings` sets a log channel" in shown
        told = await said(house, boss, "budget", limit="3")
        assert told.startswith("**Budget of the whole server: at most 3 credits a month.** Before: no such budget.")
        await drawn(house)
        assert re.search(
            r"\*\*At most 3 credits a month\*\*: 2\.\d+ of 3 credits used \(9\d %\)", await said(house, boss, "budget")
        )
        refused = await house.imagine(house.bob)
        assert "this server's budget" in refused.content
        told = await said(house, boss, "budget", limit="none")
        assert told.startswith("**The budget is removed.** Before: at most 3 credits a month.")
        await drawn(house, house.bob)
        assert "no such budget" in await said(house, boss, "budget", limit="unlimited")


async def test_what_holds_besides_a_limit_is_told_with_it(house: House) -> None:
    """Another unit or period adds a limit: one that is lifted leaves the others."""
    async with house.bot():
        boss = manager(house)
        await said(house, boss, "quota set", limit="1", member=house.alice, per="week")
        await said(house, boss, "quota set", limit="9", member=house.bob, per="week")
        told = await said(house, boss, "quota set", limit="unlimited", member=house.alice)
        assert told.endswith("Besides, this holds for them: at most 1 picture a week. Each of them has to have room.")
        told = await said(house, boss, "quota set", limit="2", member=house.alice, per="week")
        assert told.endswith("Besides, this holds for them: unlimited pictures a day. Each of them has to have room.")
        await said(house, boss, "budget", limit="500")
        told = await said(house, boss, "budget", limit="20", unit="images", per="day")
        assert told.split("\n")[0].endswith(
            "Besides, this holds for the server: at most 500 credits a month. Each of them has to have room."
        )


async def test_a_budget_below_what_is_used_is_told_in_the_log_channel(house: House) -> None:
    """At once: nothing more is made that would lead there."""
    log = house.guild.add_text_channel("log")
    async with house.bot():
        boss = manager(house)
        await set_settings(house, log_channel_id=log.id)
        await drawn(house)
        await said(house, boss, "budget", limit="2")
        await house.until(lambda: any("budget is used up" in each.content for each in log.messages.values()))


async def test_a_refusal_by_a_budget_that_another_process_set_is_told_in_the_log_channel(house: House) -> None:
    """The command line writes into the database, and no picture comes any more that would be looked at."""
    log = house.guild.add_text_channel("log")

    def set_budget() -> None:
        with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database, database:
            values = (house.guild.id, "guild", 0, "credits", "month", 2_000_000, 0, 0, 1)
            database.execute("INSERT INTO rules VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    async with house.bot():
        await set_settings(house, log_channel_id=log.id)
        await drawn(house)
        await asyncio.to_thread(set_budget)
        assert "this server's budget" in (await house.imagine()).content.lower()
        await house.until(lambda: any("budget is used up" in each.content for each in log.messages.values()))


async def test_who_is_blocked_makes_no_pictures_until_unblocked(house: House) -> None:
    """In this server; and it is listed."""
    async with house.bot():
        boss = manager(house)
        assert "is blocked now" in await said(house, boss, "block", member=house.alice)
        assert "was blocked already" in await said(house, boss, "block", member=house.alice)
        assert "blocked you" in (await house.imagine()).content
        assert f"**Blocked**\n<@{house.alice.id}>" in words(await admin(house, boss, "quota list"))
        assert "is not blocked any more" in await said(house, boss, "unblock", member=house.alice)
        assert "was not blocked" in await said(house, boss, "unblock", member=house.alice)
        await drawn(house)
        assert "is a bot" in await said(house, boss, "block", member=house.discord.world.bot)


async def test_a_role_has_its_own_highest_quality(house: House) -> None:
    """It replaces the server's, until it is taken back."""
    async with house.bot():
        boss, beginners = manager(house), house.guild.add_role("beginners")
        beginner = house.guild.add_member("beginner", roles=[beginners])
        told = await said(house, boss, "quality", role=beginners, highest="0.5K")
        assert told.startswith(
            f"**Members with <@&{beginners.id}>: at most 0.5K.** Before: as everybody here, at most 4K."
        )
        assert "0.5K" in (await house.imagine(beginner, quality="2K")).content
        await drawn(house, beginner, quality="0.5K")
        told = await said(house, boss, "quality", role=beginners)
        assert told.startswith(
            f"**Members with <@&{beginners.id}>: as everybody here, at most 4K.** Before: at most 0.5K."
        )
        await drawn(house, beginner, quality="1K")


async def test_the_word_filter_is_a_form_that_holds_what_is_set(house: House) -> None:
    """Also one that was opened before a restart; a prompt with such a word is refused before anything is spent."""
    boss = manager(house)
    async with house.bot():
        form = await (await boss.use(house.channel, "/admin words")).modal()
    async with house.bot():
        sent = await boss.submit(form, {"Words and phrases": "lighthouse\nred *rum*"})
        answer = await sent.message()
        await answer.wait_until(lambda seen: not seen.thinking)
        assert answer.ephemeral
        assert answer.content.startswith("**The word filter holds 2 words and phrases now.** Before: nothing.")
        assert "does not allow" in (await house.imagine(prompt="a paper LIGHTHOUSE")).content
        assert house.tasks == []
        again = await (await boss.use(house.channel, "/admin words")).modal()
        sent = await boss.submit(again, {"Words and phrases": "lighthouse\n" + "x" * 101})
        refused = await sent.followup()
        assert "too long" in refused.content
        again = await (await boss.use(house.channel, "/admin words")).modal()
        answer = await (await boss.submit(again)).message()
        await answer.wait_until(lambda seen: not seen.thinking)
        assert "holds 2 words and phrases, as before" in answer.content


async def test_what_was_opened_is_not_for_ever_for_who_may_not_manage_the_server(house: House) -> None:
    """Whom the Integrations page lets in has a quarter of an hour; who may manage the server has all time."""
    boss = manager(house)
    async with house.bot():
        house.guild.override_command("/admin", house.alice, allowed=True)
        for number in range(12):
            await said(house, boss, "quota set", limit=str(number))
        forms = {who: await (await who.use(house.channel, "/admin words")).modal() for who in (boss, house.alice)}
        logs = {who: await admin(house, who, "log") for who in (boss, house.alice)}
        await house.alice.press(logs[house.alice], "Older")
        await logs[house.alice].wait_until(lambda seen: "not set →" in words(seen))
        await house.clock.advance(16 * 60.0)
        refused = await (await house.alice.press(logs[house.alice], "Newest")).message()
        assert "you may not use it" in refused.content
        refused = await (await house.alice.submit(forms[house.alice], {"Words and phrases": "boat"})).message()
        assert "you may not use it" in refused.content
        await boss.press(logs[boss], "Older")
        await logs[boss].wait_until(lambda seen: "not set →" in words(seen))
        answer = await (await boss.submit(forms[boss], {"Words and phrases": "boat"})).message()
        await answer.wait_until(lambda seen: not seen.thinking)
        assert "Added: “boat”" in answer.content


async def test_what_was_opened_closes_with_the_right_to_manage_the_server(house: House) -> None:
    """At once, whenever it was opened; a form that names its sender as its opener changes nothing of that."""
    boss = manager(house)
    async with house.bot():
        form = await (await boss.use(house.channel, "/admin words")).modal()
        house.guild.change_roles(boss, [])
        refused = await (await boss.submit(form, {"Words and phrases": "boat"})).message()
        assert "you may not use it" in refused.content
        assert rows(house, "SELECT * FROM admin_log") == []


async def test_a_button_of_somebody_else_turns_no_page(house: House) -> None:
    """Whose it is stands in its id, and an id can be forged."""
    boss, other = manager(house), manager(house)
    async with house.bot():
        await said(house, boss, "block", member=house.alice)
        shown = await admin(house, other, "log")
        button = {"type": 2, "style": 2, "label": "Forged", "custom_id": f"v1:admin-log:{boss.id}:0", "id": 2}
        shown.components = [{"type": 1, "components": [button], "id": 1}]
        refused = await (await other.press(shown, "Forged")).message()
        assert "you may not use it" in refused.content


async def test_the_log_says_who_changed_what_and_survives_a_restart(house: House) -> None:
    """Newest first, with the before and the after; older pages by a button."""
    boss = manager(house)
    async with house.bot():
        for number in range(11):
            await said(house, boss, "quota set", limit=str(number + 1))
        await said(house, boss, "quota grant", member=house.alice, credits="1.5", why="a prize")
        await said(house, boss, "block", member=house.bob)
        shown = await admin(house, boss, "log")
        first = words(shown).split("\n")[1]
        assert re.fullmatch(rf"<t:\d+:f> <@{boss.id}>: blocked <@{house.bob.id}>", first)
        assert f"gave <@{house.alice.id}> 1.5 credits more (a prize)" in words(shown)
        assert "limit for every member: at most 10 pictures a day → at most 11 pictures a day" in words(shown)
    async with house.bot():
        await boss.press(shown, "Older")
        await shown.wait_until(lambda seen: "not set → at most 1 picture a day" in words(seen))
        assert "blocked" not in words(shown)
        await boss.press(shown, "Newest")
        await shown.wait_until(lambda seen: "blocked" in words(seen))


async def test_many_limits_are_turned_through(house: House) -> None:
    """The pages are read anew at each turn."""
    boss = manager(house)
    async with house.bot():
        await house.change_database(
            f"""
            WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 119)
            INSERT INTO rules SELECT {house.guild.id}, 'user', {10**18} + n, 'credits', 'month', {10**12}, 1, 1, 1
            FROM numbers
            """
        )
        shown = await admin(house, boss, "quota list")
        assert shown.labels == ["Previous", "Next"]
        first = words(shown)
        await boss.press(shown, "Next")
        await shown.wait_until(lambda seen: words(seen) != first)
        assert "at most 1,000,000 credits in any 30 days" in words(shown)


async def test_usage_is_shown_with_its_chart(house: House) -> None:
    """Numbers by day, who made most, what was refused; and a picture of it, whose library the bot never imports."""
    boss = manager(house)
    async with house.bot(default_member_images_per_day=1):
        await drawn(house)
        await drawn(house, house.bob)
        assert (await house.imagine()).ephemeral
        shown = await admin(house, boss, "usage", days=7)
        await shown.wait_until(lambda seen: seen.embeds, timeout=30)
        told = words(shown)
        assert "What was used: Paper Harbour" in told
        assert "**2 pictures**" in told
        assert "by 2 members" in told
        assert f"<@{house.bob.id}>: 1 picture" in told
        assert "a member's limit: 1" in told
        [chart] = shown.attachments
        assert chart.description
        with Image.open(io.BytesIO(chart.read())) as picture:
            assert (picture.format, picture.width > 1000) == ("PNG", True)


def fill_ledger(house: House, n_rows: int, *, why: str, days_ago: int) -> None:
    """Write corrections by hand: what no test has the time to make one by one. Blocks, and the bot may be writing."""
    at = int((house.clock.now().timestamp() - days_ago * DAY_S) * 1e6)
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database, database:
        database.execute(
            f"""
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
            INSERT INTO ledger (kind, user_id, guild_id, images, credits, counted_at, at, by_id, why)
            SELECT 'adjust', 1, ?, 1, 0, ?, ?, 0, {why} FROM numbers
            """,
            (n_rows, house.guild.id, at, at),
        )


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def exported(house: House, boss: Person, **options: Any) -> Message:
    shown = await admin(house, boss, "export", **options)
    await shown.wait_until(lambda seen: seen.attachments, timeout=30)
    return shown


async def test_the_ledger_is_handed_over_as_csv(house: House) -> None:
    """Every row of those days, in order."""
    boss = manager(house)
    async with house.bot():
        empty = await exported(house, boss)
        assert "no entries" in empty.content
        await drawn(house)
        shown = await exported(house, boss, days=1)
        entries = read_csv(shown.attachments[0].read())
        assert [entry["kind"] for entry in entries] == ["reserve", "commit", "settle"]
        assert {entry["user"] for entry in entries} == {str(house.alice.id)}
        assert "last day, 3 in all" in shown.content
        assert shown.attachments[0].filename == "ledger-1-day.csv"
    assert list((house.data_dir / "scratch").iterdir()) == []


async def test_a_ledger_too_large_to_send_is_packed(house: House) -> None:
    """And said to be."""
    boss = manager(house)
    async with house.bot():
        await asyncio.to_thread(fill_ledger, house, 600, why=f"'{'because ' * 2500}'", days_ago=1)
        shown = await exported(house, boss)
        assert "packed as a ZIP file" in shown.content
        with zipfile.ZipFile(io.BytesIO(shown.attachments[0].read())) as archive:
            assert len(read_csv(archive.read(archive.namelist()[0]))) == 600


async def test_a_ledger_too_large_even_so_is_cut_to_its_newest_days(house: House) -> None:
    """How many days it is of is said, and who has the rest."""
    boss = manager(house)
    async with house.bot():
        await asyncio.to_thread(fill_ledger, house, 1200, why="hex(randomblob(10000))", days_ago=20)
        await asyncio.to_thread(fill_ledger, house, 3, why="'new'", days_ago=2)
        shown = await exported(house, boss)
        assert [entry["why"] for entry in read_csv(shown.attachments[0].read())] == ["new"] * 3
        assert "of the last 15 days, 3 in all" in shown.content
        assert "You asked for 30 days" in shown.content


async def test_a_change_is_promised_before_it_is_made(house: House) -> None:
    """Else one that takes long would be made, and its administrator told that nothing happened."""
    boss = manager(house)
    async with house.bot():
        async with house.database_held():
            use = await boss.use(house.channel, "/admin quota grant", member=house.alice, images="2")
            assert (await use.answered()).deferred
        message = await use.message()
        await message.wait_until(lambda seen: not seen.thinking)
        assert "may use 2 pictures more" in message.content
