"""Commands are kept and enforced; people do what a client lets them and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Permission, Person, PersonCannot
from tests.support.discord_caller import IMAGINE, DiscordCaller, GatewayCaller

PROMPT = {"type": 3, "name": "prompt", "description": "p"}


@dataclass(kw_only=True)
class Stage:
    """A guild, a channel, a person, a caller, and the gateway that hears what people do."""

    sandbox: DiscordSandbox
    caller: DiscordCaller
    gateway: GatewayCaller
    guild: Guild
    channel: Channel
    alice: Person

    @property
    def commands_path(self) -> str:
        """Return the path of the global commands."""
        return f"/applications/{self.sandbox.application.id}/commands"

    async def heard(self) -> dict[str, Any]:
        """Return the next interaction's data."""
        return (await self.gateway.until("INTERACTION_CREATE"))["data"]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Open the stage."""
    async with (
        DiscordSandbox(clock=SystemClock()) as sandbox,
        DiscordCaller(sandbox) as caller,
        GatewayCaller(sandbox) as gateway,
    ):
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        alice = guild.add_member("alice")
        await gateway.identify(intents=0)
        yield Stage(sandbox=sandbox, caller=caller, gateway=gateway, guild=guild, channel=channel, alice=alice)


def command(*options: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a slash command."""
    return {"name": "imagine", "description": "Draw", "options": list(options), **more}


def choice(value: Any = "a", name: str = "a") -> dict[str, Any]:
    """Make a choice."""
    return {"name": name, "value": value}


REFUSED = [
    (command(name="Imagine"), "name", "APPLICATION_COMMAND_INVALID_NAME"),
    (command(name="two words"), "name", "APPLICATION_COMMAND_INVALID_NAME"),
    (command(name="x" * 33), "name", "BASE_TYPE_BAD_LENGTH"),
    (command(description=""), "description", "BASE_TYPE_REQUIRED"),
    (command(description="x" * 101), "description", "BASE_TYPE_BAD_LENGTH"),
    (command(type=5), "type", "BASE_TYPE_CHOICES"),
    (command(colour=1), "colour", "UNKNOWN_FIELD"),
    (command(contexts=[3]), "contexts.0", "BASE_TYPE_CHOICES"),
    (command(integration_types=[]), "integration_types", "BASE_TYPE_BAD_LENGTH"),
    (command(default_member_permissions="all"), "default_member_permissions", "NUMBER_TYPE_COERCE"),
    (command(name_localizations={"xx": "a"}), "name_localizations.xx", "ENUM_TYPE_COERCE"),
    (command(name_localizations=[]), "name_localizations", "DICT_TYPE_CONVERT"),
    (command(name_localizations={"de": "Groß"}), "name_localizations.de", "APPLICATION_COMMAND_INVALID_NAME"),
    (command(*[{**PROMPT, "name": f"o{n}"} for n in range(26)]), "options", "BASE_TYPE_MAX_LENGTH"),
    (command({**PROMPT, "type": 12}), "options.0.type", "UNION_TYPE_CHOICES"),
    (command(PROMPT, PROMPT), "options.1.name", "APPLICATION_COMMAND_OPTION_NAMES_NOT_UNIQUE"),
    (
        command(PROMPT, {**PROMPT, "name": "b", "required": True}),
        "options.1",
        "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
    ),
    (command({**PROMPT, "max_length": 6001}), "options.0.max_length", "NUMBER_TYPE_MAX"),
    (
        command({**PROMPT, "min_length": 5, "max_length": 4}),
        "options.0.min_length",
        "APPLICATION_COMMAND_OPTION_RANGE_INVALID",
    ),
    (
        command({**PROMPT, "choices": [choice()], "autocomplete": True}),
        "options.0.autocomplete",
        "APPLICATION_COMMAND_OPTION_AUTOCOMPLETE_WITH_CHOICES",
    ),
    (command({**PROMPT, "choices": [choice()] * 26}), "options.0.choices", "BASE_TYPE_MAX_LENGTH"),
    (command({**PROMPT, "choices": [choice("x" * 101)]}), "options.0.choices.0.value", "BASE_TYPE_BAD_LENGTH"),
    (command({**PROMPT, "choices": [choice(5)]}), "options.0.choices.0.value", "CHOICE_VALUE_TYPE_INVALID"),
    (command({**PROMPT, "choices": [choice([])]}), "options.0.choices.0.value", "NUMBER_TYPE_COERCE"),
    (
        command(PROMPT, {"type": 1, "name": "sub", "description": "s"}),
        "options",
        "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
    ),
    (
        command(*[{**PROMPT, "name": f"o{n}", "choices": [choice("v" * 100, "n" * 100)] * 25} for n in range(2)]),
        "",
        "APPLICATION_COMMAND_TOO_LARGE",
    ),
    ({"name": "Edit", "type": 3, "description": "no"}, "description", "BASE_TYPE_MAX_LENGTH"),
    ("nonsense", "", "MODEL_TYPE_CONVERT"),
]


@pytest.mark.parametrize(("body", "path", "code"), REFUSED)
async def test_a_faulty_schema_is_refused_by_the_name_of_its_field(
    stage: Stage, body: Any, path: str, code: str
) -> None:
    """In a bulk overwrite below its index, alone below nothing; the commands stay as they were."""
    for method, sent, prefix in (("PUT", [body], "0."), ("POST", body, "")):
        status, answer = await stage.caller.call(method, stage.commands_path, sent)
        assert (status, answer["code"]) == (400, 50035)
        node = answer["errors"]
        for part in [each for each in f"{prefix}{path}".split(".") if each]:
            node = node[part]
        assert [each["code"] for each in node["_errors"]] == [code]
    assert (await stage.caller.call("GET", stage.commands_path))[1] == []


async def test_an_overwrite_keeps_ids_of_known_names_and_drops_the_rest(stage: Stage) -> None:
    """Names are unique by type; the 101st slash command and the 16th menu are too many."""
    _, first = await stage.caller.call("PUT", stage.commands_path, [IMAGINE, {"name": "edit", "description": "e"}])
    _, second = await stage.caller.call("PUT", stage.commands_path, [IMAGINE, {"name": "imagine", "type": 3}])
    assert second[0]["id"] == first[0]["id"]
    assert (await stage.caller.call("GET", stage.commands_path))[1] == second
    _, answer = await stage.caller.call("PUT", stage.commands_path, [IMAGINE, IMAGINE])
    assert answer["errors"]["1"]["name"]["_errors"][0]["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"
    many = [{"name": f"c{n}", "description": "x"} for n in range(101)]
    assert (await stage.caller.call("PUT", stage.commands_path, many))[1]["code"] == 30032
    menus = [{"name": f"c{n}", "type": 2} for n in range(16)]
    assert (await stage.caller.call("PUT", stage.commands_path, menus))[1]["code"] == 30032


async def test_single_commands_are_made_changed_and_removed(stage: Stage) -> None:
    """201 for a new name, 200 for a known one; 10063 once gone."""
    status, made = await stage.caller.call("POST", stage.commands_path, IMAGINE)
    assert status == 201
    assert (await stage.caller.call("POST", stage.commands_path, IMAGINE))[0] == 200
    one = f"{stage.commands_path}/{made['id']}"
    _, changed = await stage.caller.call("PATCH", one, {"description": "Paint"})
    assert (changed["description"], changed["options"]) == ("Paint", made["options"])
    assert (await stage.caller.call("GET", one))[1] == changed
    assert (await stage.caller.call("PATCH", one, ["x"]))[1]["code"] == 50035
    assert (await stage.caller.call("PATCH", one, {"colour": 1}))[1]["code"] == 50035
    assert (await stage.caller.call("DELETE", one))[0] == 204
    assert (await stage.caller.call("GET", one))[1]["code"] == 10063


async def test_a_guild_has_commands_of_its_own(stage: Stage) -> None:
    """They go before global ones of the same name; permissions are none; strangers' applications are 20012."""
    path = f"/applications/{stage.sandbox.application.id}/guilds/{stage.guild.id}/commands"
    _, [made] = await stage.caller.call("PUT", path, [command(PROMPT)])
    await stage.caller.register(command({**PROMPT, "required": True}))
    await stage.alice.use(stage.channel, "/imagine")
    assert (await stage.heard())["guild_id"] == str(stage.guild.id)
    assert made["guild_id"] == str(stage.guild.id)
    assert (await stage.caller.call("GET", f"{path}/permissions")) == (200, [])
    assert (await stage.caller.call("GET", f"{path}/{made['id']}/permissions"))[1]["code"] == 10066
    assert (await stage.caller.call("GET", "/applications/1/commands"))[1]["code"] == 20012


OPTIONS = [
    {**PROMPT, "required": True, "min_length": 2, "max_length": 5},
    {"type": 4, "name": "count", "description": "c", "min_value": 1, "max_value": 3},
    {"type": 10, "name": "weight", "description": "w"},
    {"type": 5, "name": "private", "description": "p"},
    {**PROMPT, "name": "size", "choices": [choice("16:9", "wide")]},
    {"type": 11, "name": "image", "description": "i", "file_types": ["image"]},
    {"type": 6, "name": "person", "description": "p"},
    {"type": 7, "name": "where", "description": "w", "channel_types": [0]},
    {"type": 8, "name": "role", "description": "r"},
    {"type": 9, "name": "anybody", "description": "a"},
    {**PROMPT, "name": "style", "autocomplete": True},
]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"prompt": "x"},
        {"prompt": "x" * 6},
        {"prompt": 5},
        {"prompt": "xx", "unknown": 1},
        {"prompt": "xx", "count": 4},
        {"prompt": "xx", "count": 1.5},
        {"prompt": "xx", "private": "yes"},
        {"prompt": "xx", "size": "4:3"},
        {"prompt": "xx", "image": "a.png"},
        {"prompt": "xx", "image": ("a.txt", b"x")},
        {"prompt": "xx", "image": ("a.png", bytes(10 * 1024 * 1024 + 1))},
        {"prompt": "xx", "person": "alice"},
        {"prompt": "xx", "where": "pictures"},
        {"prompt": "xx", "role": "painters"},
    ],
)
async def test_a_client_refuses_options_that_do_not_fit(stage: Stage, given: dict[str, Any]) -> None:
    """Nothing is sent to the bot."""
    await stage.caller.register(command(*OPTIONS))
    with pytest.raises(PersonCannot):
        await stage.alice.use(stage.channel, "/imagine", **given)
    assert stage.sandbox.world.exchanges == {}


async def test_options_arrive_with_all_they_point_to(stage: Stage) -> None:
    """Values, and what they stand for under `resolved`; files can be fetched."""
    await stage.caller.register(command(*OPTIONS))
    role = stage.guild.add_role("painters")
    await stage.alice.use(
        stage.channel,
        "/imagine",
        prompt="xx",
        count=2,
        weight=1.5,
        private=True,
        size="wide",
        image=("a.PNG", b"bytes"),
        person=stage.alice,
        where=stage.channel,
        role=role,
        anybody=role,
    )
    data = await stage.heard()
    values = {each["name"]: each["value"] for each in data["options"]}
    assert (values["count"], values["weight"], values["private"], values["size"]) == (2, 1.5, True, "16:9")
    resolved = data["resolved"]
    file = resolved["attachments"][values["image"]]
    assert (file["ephemeral"], file["size"], file["content_type"]) == (True, 5, "image/png")
    assert await stage.caller.call("GET", file["url"]) == (200, b"bytes")
    assert resolved["users"][values["person"]]["username"] == "alice"
    assert int(resolved["members"][values["person"]]["permissions"])
    assert resolved["channels"][values["where"]]["name"] == "pictures"
    assert resolved["roles"][values["anybody"]]["name"] == "painters"


async def test_suggestions_are_asked_for_while_typing(stage: Stage) -> None:
    """Type 4 with the focused option; other options may still be missing or wrong names refused."""
    await stage.caller.register(command(*OPTIONS))
    typing = await stage.alice.autocomplete(stage.channel, "/imagine", focused="style", value="wa")
    assert (await stage.heard())["options"] == [{"name": "style", "type": 3, "value": "wa", "focused": True}]
    status, _ = await stage.caller.answer(typing, 8, {"choices": [choice("water colour")]})
    assert status == 200
    assert await typing.choices() == [choice("water colour")]
    again = await stage.alice.autocomplete(stage.channel, "/imagine", focused="style")
    _, answer = await stage.caller.answer(again, 8, {"choices": [choice()] * 26})
    assert answer["errors"]["data"]["choices"]["_errors"][0]["code"] == "BASE_TYPE_MAX_LENGTH"
    with pytest.raises(PersonCannot, match="no suggestions"):
        await stage.alice.autocomplete(stage.channel, "/imagine", focused="prompt", value="x")


async def test_sub_commands_are_found_by_their_words(stage: Stage) -> None:
    """Groups nest their options; a wrong word is refused."""
    sub = {"type": 1, "name": "set", "description": "s", "options": [PROMPT]}
    group = {"type": 2, "name": "quota", "description": "q", "options": [sub]}
    await stage.caller.register(command(group, name="admin"))
    await stage.alice.use(stage.channel, "/admin quota set", prompt="x")
    [outer] = (await stage.heard())["options"]
    assert (outer["name"], outer["options"][0]["options"][0]["value"]) == ("quota", "x")
    for words in ("/admin", "/admin quota", "/admin quota get", "/other"):
        with pytest.raises(PersonCannot):
            await stage.alice.use(stage.channel, words)


@pytest.mark.parametrize(
    "more",
    [
        {"nsfw": True},
        {"contexts": [1]},
        {"integration_types": [1]},
        {"default_member_permissions": "32"},
        {"default_member_permissions": "0"},
    ],
)
async def test_a_client_offers_no_command_that_is_not_meant_for_here(stage: Stage, more: dict[str, Any]) -> None:
    """Age restriction, contexts, kind of installation, permissions."""
    await stage.caller.register(command(**more))
    with pytest.raises(PersonCannot, match="not offered"):
        await stage.alice.use(stage.channel, "/imagine")


async def test_administrators_and_age_restricted_channels_see_more(stage: Stage) -> None:
    """What was not offered to others is offered there."""
    await stage.caller.register(command(nsfw=True, default_member_permissions="0", dm_permission=False))
    role = stage.guild.add_role("admin", permissions=Permission.ADMINISTRATOR)
    boss = stage.guild.add_member("boss", roles=[role])
    thread = stage.guild.add_text_channel("dark", nsfw=True).add_thread("darker")
    await boss.use(thread, "/imagine")
    assert (await stage.heard())["name"] == "imagine"
    with pytest.raises(PersonCannot, match="contexts"):
        await boss.use(await boss.direct_messages(), "/imagine")


async def test_people_need_to_see_and_be_allowed(stage: Stage) -> None:
    """Hidden channels, commands switched off, writing switched off, private messages of others."""
    await stage.caller.register()
    bob = stage.guild.add_member("bob")
    use = await stage.alice.use(stage.channel, "/imagine", prompt="x")
    buttons = [{"type": 2, "style": 1, "label": "Go", "custom_id": "a"}]
    buttons += [{"type": 2, "style": 1, "label": "Off", "custom_id": "b", "disabled": True}]
    buttons += [{"type": 2, "style": 5, "label": "Link", "url": "https://a.example"}]
    row = {"type": 1, "components": buttons}
    await stage.caller.answer(use, 4, {"content": "x", "flags": 64, "components": [row]})
    message = await use.message()
    for name, who in (("Go", bob), ("Off", stage.alice), ("Link", stage.alice), ("None", stage.alice)):
        with pytest.raises(PersonCannot):
            await who.press(message, name)
    with pytest.raises(PersonCannot):
        await stage.alice.say(stage.channel, "x", reply_to=message)
    with pytest.raises(PersonCannot):
        await bob.delete(message)
    await stage.alice.delete(message)
    with pytest.raises(PersonCannot, match="gone"):
        await stage.alice.press(message, "Go")
    stage.channel.deny(bob, Permission.SEND_MESSAGES | Permission.USE_APPLICATION_COMMANDS)
    with pytest.raises(PersonCannot, match="may not write"):
        await bob.say(stage.channel, "x")
    with pytest.raises(PersonCannot, match="may not use"):
        await bob.use(stage.channel, "/imagine", prompt="x")
    stage.channel.deny(bob, Permission.VIEW_CHANNEL)
    with pytest.raises(PersonCannot, match="cannot see"):
        await bob.use(stage.channel, "/imagine", prompt="x")
    with pytest.raises(PersonCannot):
        await stage.alice.say(stage.channel, "x" * 2001)


async def test_menus_hand_over_the_whole_message_or_account(stage: Stage) -> None:
    """Content and files of anybody's message, without the intent (discord.md 5)."""
    await stage.caller.register({"name": "Edit image", "type": 3}, {"name": "Usage", "type": 2})
    said = await stage.alice.say(stage.channel, "look", attachments=[("a.png", b"x")])
    await stage.alice.menu(said, "Edit image")
    data = await stage.heard()
    message = data["resolved"]["messages"][data["target_id"]]
    assert (message["content"], message["attachments"][0]["filename"]) == ("look", "a.png")
    await stage.alice.menu(stage.alice, "Usage", channel=stage.channel)
    data = await stage.heard()
    assert data["resolved"]["users"][data["target_id"]]["username"] == "alice"
    with pytest.raises(PersonCannot):
        await stage.alice.menu(stage.alice, "Usage")
    await stage.alice.delete(said)
    with pytest.raises(PersonCannot):
        await stage.alice.menu(said, "Edit image")


async def test_selects_send_what_was_chosen(stage: Stage) -> None:
    """By label or value; counts and unknown values are refused; accounts, roles and channels are resolved."""
    await stage.caller.register()
    options = [{"label": "Two", "value": "2K"}, {"label": "Four", "value": "4K"}]
    parts = [{"type": 3, "custom_id": "q", "placeholder": "Quality", "options": options, "max_values": 2}]
    parts += [{"type": kind, "custom_id": f"k{kind}"} for kind in (5, 6, 7, 8)]
    rows = [{"type": 1, "components": [each]} for each in parts]
    use = await stage.alice.use(stage.channel, "/imagine", prompt="x")
    await stage.caller.answer(use, 4, {"content": "x", "components": rows})
    message = await use.message()
    role = stage.guild.add_role("painters")
    await stage.heard()
    for menu, chosen, values in (
        ("Quality", ["Two", "4K"], ["2K", "4K"]),
        ("k5", [stage.alice], [str(stage.alice.id)]),
        ("k6", [role], [str(role.id)]),
        ("k7", [role], [str(role.id)]),
        ("k8", [stage.channel], [str(stage.channel.id)]),
    ):
        await stage.alice.select(message, menu, *chosen)
        assert (await stage.heard())["values"] == values
    for chosen in ([], ["Eight"], ["2K", "4K", "2K"]):
        with pytest.raises(PersonCannot):
            await stage.alice.select(message, "Quality", *chosen)


FORM: dict[str, Any] = {
    "custom_id": "form",
    "title": "Edit",
    "components": [
        {"type": 10, "content": "Say what to change"},
        {"type": 18, "label": "Text", "component": {"type": 4, "custom_id": "t", "style": 1, "max_length": 5}},
        {
            "type": 18,
            "label": "Pictures",
            "component": {"type": 19, "custom_id": "f", "max_values": 2, "file_types": ["image"]},
        },
        {
            "type": 18,
            "label": "Size",
            "component": {
                "type": 21,
                "custom_id": "r",
                "options": [{"label": "A", "value": "a"}, {"label": "B", "value": "b", "default": True}],
            },
        },
        {
            "type": 18,
            "label": "More",
            "component": {"type": 22, "custom_id": "c", "required": False, "options": [{"label": "A", "value": "a"}]},
        },
    ],
}


async def open_form(stage: Stage, form: dict[str, Any]) -> Any:
    """Let the bot answer a command with a modal."""
    await stage.caller.register()
    use = await stage.alice.use(stage.channel, "/imagine", prompt="x")
    status, answer = await stage.caller.answer(use, 9, form)
    assert status == 200, answer
    await stage.heard()
    return await use.modal()


async def test_a_form_is_filled_in_and_sent(stage: Stage) -> None:
    """Fields by label or custom_id; untouched ones keep their defaults; files are resolved."""
    modal = await open_form(stage, FORM)
    answers = {"Text": "hello", "f": [("a.png", b"x"), ("b.png", b"y")], "More": ["A"]}
    sent = await stage.alice.submit(modal, answers)
    data = await stage.heard()
    parts = [each.get("component", {}) for each in data["components"]]
    assert [each.get("value", each.get("values")) for each in parts[1:]] == [
        "hello",
        list(data["resolved"]["attachments"]),
        "b",
        ["a"],
    ]
    assert (await stage.caller.answer(sent, 9, FORM))[1]["errors"]["type"]
    assert (await stage.caller.answer(sent, 4, {"content": "thanks"}))[0] == 200


async def test_older_forms_and_single_boxes_work_as_well(stage: Stage) -> None:
    """A text input in a row; a check box; a select that may stay empty."""
    row = {"type": 1, "components": [{"type": 4, "custom_id": "t", "style": 2, "label": "Text", "value": "kept"}]}
    box = {"type": 18, "label": "Private", "component": {"type": 23, "custom_id": "b", "default": True}}
    menu = {"type": 5, "custom_id": "u", "required": False}
    form = {"custom_id": "m", "title": "t", "components": [row, box, {"type": 18, "label": "Who", "component": menu}]}
    await stage.alice.submit(await open_form(stage, form), {})
    first, second, third = (await stage.heard())["components"]
    assert first["components"][0]["value"] == "kept"
    assert (second["component"]["value"], third["component"]["values"]) == (True, [])


async def test_what_stands_chosen_in_a_form_is_sent_untouched_unless_it_is_gone(stage: Stage) -> None:
    """Accounts, roles and channels with all they stand for; a deleted role is shown no more."""
    painters, gone = stage.guild.add_role("painters"), stage.guild.add_role("gone")
    before = {
        5: [(stage.alice.id, "user")],
        6: [(painters.id, "role"), (gone.id, "role")],
        8: [(stage.channel.id, "channel")],
    }
    menus = [
        {
            "type": kind,
            "custom_id": f"k{kind}",
            "max_values": 2,
            "default_values": [{"id": str(thing_id), "type": name} for thing_id, name in chosen],
        }
        for kind, chosen in before.items()
    ]
    form = {"custom_id": "m", "title": "t", "components": [{**LABEL, "component": each} for each in menus]}
    stage.guild.remove_role(gone)
    await stage.alice.submit(await open_form(stage, form), {})
    data = await stage.heard()
    sent = [each["component"]["values"] for each in data["components"]]
    assert sent == [[str(stage.alice.id)], [str(painters.id)], [str(stage.channel.id)]]
    assert sorted(data["resolved"]) == ["channels", "members", "roles", "users"]


@pytest.mark.parametrize(
    "answers",
    [
        {"Text": "hello", "f": [("a.png", b"x")], "Nowhere": "x"},
        {"Text": "a\nb", "f": [("a.png", b"x")]},
        {"Text": "", "f": [("a.png", b"x")]},
        {"Text": "longer", "f": [("a.png", b"x")]},
        {"Text": 5, "f": [("a.png", b"x")]},
        {"Text": "x"},
        {"Text": "x", "f": [("a.txt", b"x")]},
        {"Text": "x", "f": [("a.png", b"x")] * 3},
        {"Text": "x", "f": [("a.png", b"x")], "Size": None},
        {"Text": "x", "f": [("a.png", b"x")], "Size": "C"},
        {"Text": "x", "f": [("a.png", b"x")], "More": ["B"]},
    ],
)
async def test_a_client_refuses_a_form_that_is_not_filled_in_properly(stage: Stage, answers: dict[str, Any]) -> None:
    """Required, lengths, counts, file types, unknown fields."""
    modal = await open_form(stage, FORM)
    with pytest.raises(PersonCannot):
        await stage.alice.submit(modal, answers)


async def test_a_form_belongs_to_whom_it_was_opened_for(stage: Stage) -> None:
    """Nobody else can send it."""
    modal = await open_form(stage, FORM)
    bob = stage.guild.add_member("bob")
    with pytest.raises(PersonCannot, match="somebody else"):
        await bob.submit(modal, {})


LABEL = {"type": 18, "label": "x", "component": {"type": 4, "custom_id": "t", "style": 1}}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": "t" * 46}, "title"),
        ({"custom_id": "c" * 101}, "custom_id"),
        ({"components": []}, "components"),
        ({"components": [LABEL] * 6}, "components"),
        ({"components": [LABEL, LABEL]}, "components.1.component.custom_id"),
        ({"components": [{**LABEL, "label": "l" * 46}]}, "components.0.label"),
        ({"components": [{**LABEL, "description": "d" * 101}]}, "components.0.description"),
        ({"components": [{"type": 2, "style": 1}]}, "components.0.type"),
        (
            {"components": [{**LABEL, "component": {**LABEL["component"], "min_length": 5, "max_length": 4}}]},  # type: ignore[dict-item]
            "components.0.component.min_length",
        ),
        (
            {"components": [{**LABEL, "component": {"type": 19, "custom_id": "f", "max_values": 11}}]},
            "components.0.component.max_values",
        ),
        (
            {"components": [{**LABEL, "component": {"type": 19, "custom_id": "f", "min_values": 0}}]},
            "components.0.component.min_values",
        ),
        (
            {"components": [{**LABEL, "component": {"type": 19, "custom_id": "f", "min_values": 3, "max_values": 2}}]},
            "components.0.component.min_values",
        ),
        (
            {"components": [{**LABEL, "component": {"type": 5, "custom_id": "u", "min_values": 0}}]},
            "components.0.component.min_values",
        ),
        (
            {"components": [{**LABEL, "component": {"type": 5, "custom_id": "u", "disabled": True}}]},
            "components.0.component.disabled",
        ),
        ({"more": 1}, "more"),
    ],
)
async def test_a_form_beyond_the_limits_is_refused(stage: Stage, change: dict[str, Any], path: str) -> None:
    """50035 below `data`."""
    await stage.caller.register()
    use = await stage.alice.use(stage.channel, "/imagine", prompt="x")
    _, answer = await stage.caller.answer(use, 9, {"custom_id": "m", "title": "t", "components": [LABEL], **change})
    node = answer["errors"]["data"]
    for part in path.split("."):
        node = node[part]
    assert len(node["_errors"]) == 1
