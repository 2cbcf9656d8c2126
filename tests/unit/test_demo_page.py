"""The page of the demo shows what people saw, whatever they wrote, and runs nothing of it."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

from bot.clock import SystemClock
from bot.demo import acts, page, transcript
from bot.demo.scenes import Aside, Scene
from bot.sandbox.discord import DiscordSandbox, Exchange, Message

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;'


class Elements(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def scene_of(words: str, *, private: bool = False, picture: bytes | None = None) -> tuple[DiscordSandbox, Scene]:
    """Make a reply in which every text that a person or the provider may influence is `words`."""
    sandbox = DiscordSandbox(clock=SystemClock())
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    person = guild.add_member(words)
    exchange = Exchange(
        id=1,
        token="token",
        kind=2,
        person=person,
        channel=channel,
        created_at=NOON,
        created_monotonic=0.0,
        upload_limit_bytes=10,
        data={},
        owners={},
    )
    embed = {
        "title": words,
        "description": f"{words} **bold** `code` <@{person.id}> <t:{int(NOON.timestamp()) + 4}:R>\n> {words}",
        "color": 0x4F7CFF,
        "fields": [{"name": words, "value": words, "inline": True}, {"name": "Please note", "value": words}],
        "footer": {"text": words},
    }
    button = {"type": 2, "style": 1, "label": words, "custom_id": "v1:cancel:abc"}
    message = Message(
        id=2,
        channel=channel,
        author=sandbox.world.bot,
        kind=20,
        created_at=NOON,
        content=words,
        embeds=[embed],
        components=[{"type": 1, "components": [button]}],
        flags=64 if private else 0,
    )
    if picture is not None:
        kept = sandbox.world.cdn.store(file_id=3, channel_id=4, filename="a.png", content=picture, description=words)
        message.files.append(kept)
    message.record_state(at=NOON, route="POST")
    act = acts.by_command(channel, "/imagine", prompt=words)
    scene = Scene(title="t", person=person, act=act, message=message, exchanges=[exchange], patience_s=1)
    return sandbox, scene


def page_of(sandbox: DiscordSandbox, scene: Scene, folder: Path) -> str:
    """Write the page and read it back."""
    return page.write([scene], [], accounts=sandbox.world.accounts.values(), out=folder).read_text(encoding="utf-8")


def test_no_text_becomes_markup(tmp_path: Path) -> None:
    """Script and handlers in any text come out as the letters they are."""
    sandbox, scene = scene_of(HOSTILE, picture=b"not really")
    scene.file_name = f"{HOSTILE}.png"
    found = Elements(page_of(sandbox, scene, tmp_path))
    assert {tag for tag, _ in found.tags} & {"script", "iframe", "object", "link"} == set()
    assert [name for _, attributes in found.tags for name in attributes if name.startswith("on")] == []
    assert found.text.count("<script>alert(1)</script>") >= 8
    images = [attributes for tag, attributes in found.tags if tag == "img"]
    assert {image["src"] for image in images} == {f"{HOSTILE}.png"}
    assert {image["alt"] for image in images} == {HOSTILE}


def test_nothing_is_fetched_from_elsewhere(tmp_path: Path) -> None:
    """Pictures lie beside the page; style is inside it."""
    sandbox, scene = scene_of("https://example.com/a.png")
    text = page_of(sandbox, scene, tmp_path)
    assert re.findall(r"(?:src|href)=", text) == []
    assert "url(" not in text
    assert "@import" not in text


def test_markdown_is_shown_as_discord_shows_it(tmp_path: Path) -> None:
    """Bold, code, mentions by name, moments in words, quotes, buttons with their colour."""
    sandbox, scene = scene_of("alice")
    text = page_of(sandbox, scene, tmp_path)
    for piece in (
        "<strong>bold</strong>",
        "<code>code</code>",
        '<span class="mention">@alice</span>',
        '<span class="stamp">in 4 seconds</span>',
        "<blockquote>alice</blockquote>",
        '<span class="button primary">alice</span>',
        "border-color: #4f7cff",
    ):
        assert piece in text


def test_a_private_reply_says_who_can_see_it(tmp_path: Path) -> None:
    """Only the private one does."""
    for private in (True, False):
        sandbox, scene = scene_of("carol", private=private)
        assert ("Only carol can see this" in page_of(sandbox, scene, tmp_path)) is private


def test_a_page_without_any_scene_is_still_a_page(tmp_path: Path) -> None:
    """A bot that never came up leaves an empty conversation."""
    text = page.write([], [], accounts=[], out=tmp_path).read_text(encoding="utf-8")
    assert "<article" not in text
    assert "Paper Harbour" in text


def test_a_state_is_told_in_one_line() -> None:
    """Everything that is shown; the quoted prompt and what a terminal would obey are left out."""
    _, scene = scene_of("al\x1bice\u202e", picture=b"12345")
    assert transcript.describe(scene.message.states[0], {scene.person.id: "alice"}).plain == (
        "alice · alice · alice bold code @alice in 4 seconds · alice: alice · Please note: alice"
        " · a.png (5 bytes) [alice]"
    )


def test_how_a_person_asked_and_what_they_gave_is_shown(tmp_path: Path) -> None:
    """A reply in their own words, a command by its name, the pictures small, the mentions by name."""
    sandbox, scene = scene_of("alice")
    scene.act = acts.by_command(scene.message.channel, "/edit", {"image": acts.bundled(acts.PHOTO)}, instruction="x")
    text = page_of(sandbox, scene, tmp_path)
    assert 'used <span class="command">/edit</span>' in text
    assert re.findall(r'<img src="data:image/jpeg;base64,[^"]+" alt="([^"]+)"', text) == ["photo.jpg"]
    said = sandbox.world.desk.say(
        scene.person, scene.message.channel, f"<@{scene.person.id}> **now**", reply_to=None, ping=False, files=()
    )
    scene.act, scene.said = acts.by_reply(scene.message, "now", owner="bob", clock=SystemClock()), said
    text = page_of(sandbox, scene, tmp_path)
    expected = 'replied <span class="said"><span class="mention">@alice</span> <strong>now</strong></span>'
    assert expected in text


def test_what_a_person_looked_at_besides_follows(tmp_path: Path) -> None:
    """With its small pictures inside the page, and for their eyes only where it was so."""
    sandbox, scene = scene_of("alice")
    _, looked = scene_of("bob", private=True, picture=b"small")
    looked.message.embeds[0]["thumbnail"] = {"sandbox_file_id": 3}
    looked.message.record_state(at=NOON, route="PATCH")
    act = acts.by_command(scene.message.channel, "/history")
    scene.asides.append(Aside(person=scene.person, act=act, message=looked.message))
    text = page_of(sandbox, scene, tmp_path)
    assert text.count("<article") == 2
    assert '<img class="thumbnail" src="data:image/webp;base64,c21hbGw=" alt="">' in text
    assert text.count("Only alice can see this") == 1


def test_a_part_of_the_story_stands_together_in_its_order(tmp_path: Path) -> None:
    """Under its head, with what was asked for where the answer does not repeat it, and with the file that came."""
    sandbox, scene = scene_of("alice")
    _, refused = scene_of("mike", private=True)
    refused.message.embeds.clear()
    refused.part = "Limits & more"
    _, set_before = scene_of("paula", private=True, picture=b"chart")
    act = acts.by_command(scene.message.channel, "/admin quota set", member=refused.person, limit=HOSTILE)
    aside = Aside(
        person=set_before.person, act=act, message=set_before.message, part="Limits & more", file_name="chart.png"
    )
    refused.exchanges[0].created_at = NOON + timedelta(seconds=1)
    written = page.write([refused, scene], [aside], accounts=sandbox.world.accounts.values(), out=tmp_path)
    text = written.read_text(encoding="utf-8")
    heads = [text.index(piece) for piece in ("<h2>Limits &amp; more</h2>", "paula</b> used", "mike</b> used")]
    assert heads == sorted(heads)
    assert text.index("alice</b> used") < heads[0]
    assert text.count("<article") == 3
    assert "<i>member</i> @mike <i>limit</i> &quot;&gt;&lt;script&gt;" in text
    assert "<i>prompt</i> mike" in text
    assert "<i>prompt</i> alice" not in text
    assert '<img class="picture" src="chart.png"' in text


def test_a_block_of_code_keeps_its_columns(tmp_path: Path) -> None:
    """Nothing in it is markup, neither Discord's nor the page's; a terminal is not told it."""
    sandbox, scene = scene_of("alice")
    scene.message.embeds[0]["description"] = "words\n```\nday   **1**\n<b>     2\n```\nmore"
    scene.message.record_state(at=NOON, route="PATCH")
    text = page_of(sandbox, scene, tmp_path)
    assert "<p>words</p><pre>day   **1**\n&lt;b&gt;     2</pre><p>more</p>" in text
    told = transcript.describe(scene.message.states[-1], {}).plain
    assert "alice · words · more · " in told
