"""Every button, menu and form, in the hands of somebody who has no right to it: here and in another server, after a
restart, with an id that was forged for the purpose. Everything there is stands in the tables, or the test fails.
"""

import dataclasses
import re
import sqlite3
from contextlib import closing

import pytest

from bot.sandbox.discord import Channel, Exchange, Message, Permission, Person
from bot.sandbox.discord.exchanges import Modal
from bot.ui import views
from bot.ui.admin.buttons import AdminPage
from bot.ui.history_buttons import HistoryPress
from bot.ui.panel.forms import Form
from bot.ui.panel.items import Choice
from bot.ui.result_buttons import Press
from tests.support.house import House

REFUSED_IDS = (
    "v1:cancel:{job}",
    "v1:collect:{job}",
    "v1:do-reply:{said}",
    *(f"v1:{press}:{{job}}" for press in (*Press, *HistoryPress)),
    *(f"v1:admin-{page}:{{boss}}:0" for page in AdminPage),
    *(f"v1:panel:{choice}:{{guild}}:{{boss}}" for choice in Choice),
)
HARMLESS_IDS = ("v1:clear-references", "v1:history:1", "v1:edit-message:{secret}-{said}")
"""They show or change what is the presser's own; the form that the last one opens is in the next table."""
REFUSED_FORMS = (
    "v1:edit-modal:j{job}",
    "v1:edit-modal:m{secret}-{said}",
    "v1:words-modal:{boss}-{moment}",
    *(f"v1:panel-form:{form}:{{guild}}:{{boss}}" for form in Form),
)
BOOKKEEPING = {"claims", "meta", "owners"}
REFUSAL = re.compile(r"belongs|may not use|does not know|deleted|only in servers|not yours", re.IGNORECASE)


def test_the_tables_know_all_there_is() -> None:
    """Whoever adds a button has to say here what a stranger can do with it."""
    facts: dict[str, object] = {"job": "0" * 16, "said": 1, "boss": 2, "guild": 3, "secret": 4}
    ids = [each.format(**facts) for each in (*REFUSED_IDS, *HARMLESS_IDS)]
    templates = {kind: kind.__discord_ui_compiled_template__ for kind in views.DYNAMIC_ITEMS}
    assert {kind for kind, template in templates.items() if any(map(template.fullmatch, ids))} == set(templates)


def forge(message: Message, custom_id: str) -> None:
    button = {"type": 2, "style": 2, "label": "Forged", "custom_id": custom_id, "id": 2}
    message.components = [{"type": 1, "components": [button], "id": 1}]


def everything(house: House) -> dict[str, list[str]]:
    """Return all that is stored."""
    with closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {
            table: sorted(map(repr, database.execute(f"SELECT * FROM {table}")))
            for table in tables
            if table not in BOOKKEEPING
        }


async def said_to(house: House, exchange: Exchange) -> str:
    """Return what the person reads as an answer, which nobody else sees."""
    await exchange.answered()
    await house.until(lambda: exchange.followups or (exchange.original and exchange.original.content), limit_s=10)
    answer = exchange.followups[0] if exchange.followups else exchange.original
    assert answer is not None
    assert answer.ephemeral
    return answer.content


@dataclasses.dataclass(kw_only=True)
class Scene:
    """What belongs to others, and a stranger with a message and a form of their own."""

    ids: dict[str, object]
    stranger: Person
    message: Message
    form: Modal


async def scene_in(house: House, channel: Channel, stranger: Person) -> Scene:
    secret = house.guild.add_text_channel("secret")
    boss = house.guild.add_member("boss", roles=[house.guild.add_role("bosses", permissions=Permission.MANAGE_GUILD)])
    async with house.bot() as app:
        private = await house.imagine(private=True)
        await house.until(lambda: private.attachments)
        job = await app.ground.store.find_by_message(private.id)
        assert job is not None
        said = await house.alice.say(secret, "a secret")
        use = await stranger.use(channel, "/imagine", prompt="mine", quality="0.5K")
        message = await use.message()
        await house.until(lambda: message.attachments)
        form = await (await stranger.press(message, "Edit")).modal()
    ids: dict[str, object] = {
        "job": job.id,
        "said": said.id,
        "boss": boss.id,
        "guild": house.guild.id,
        "secret": secret.id,
    }
    ids["moment"] = int(house.clock.now().timestamp())
    return Scene(ids=ids, stranger=stranger, message=message, form=form)


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the same server", "in another server"])
async def test_a_stranger_gets_nothing_and_changes_nothing(house: House, elsewhere: bool) -> None:
    """One who manages the server at that, and after a restart: only the id is known, and rights are looked at anew."""
    guild = house.discord.add_guild("Elsewhere") if elsewhere else house.guild
    channel = guild.add_text_channel("strangers")
    stranger = guild.add_member("eve", roles=[guild.add_role("managers", permissions=Permission.MANAGE_GUILD)])
    scene = await scene_in(house, channel, stranger)
    async with house.bot():
        before = everything(house)
        for custom_id in REFUSED_IDS:
            forge(scene.message, custom_id.format(**scene.ids))
            answer = await said_to(house, await stranger.press(scene.message, "Forged"))
            assert REFUSAL.search(answer), (custom_id, answer)
        for custom_id in REFUSED_FORMS:
            forged = dataclasses.replace(scene.form, custom_id=custom_id.format(**scene.ids))
            answer = await said_to(house, await stranger.submit(forged, {"What to change": "brighter"}))
            assert REFUSAL.search(answer), (custom_id, answer)
        for custom_id in HARMLESS_IDS:
            forge(scene.message, custom_id.format(**scene.ids))
            await (await stranger.press(scene.message, "Forged")).answered()
        assert everything(house) == before
        assert not scene.message.deleted
        assert len(house.tasks) == 2
