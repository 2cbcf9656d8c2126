"""The conversation as a page: what the people saw, as Discord would draw it. One file and the pictures beside it.

Whatever comes from a person or the provider goes through `html.escape`; nothing is fetched from elsewhere.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.demo import markup, photos
from bot.demo.acts import Act
from bot.demo.scenes import Aside, Scene
from bot.demo.stage import BOT, CHANNEL, GUILD
from bot.sandbox.discord import Account, Attachment, Message, MessageState, Person

NAME = "conversation.html"
_TAGS = {
    "plain": ("", ""),
    "bold": ("<strong>", "</strong>"),
    "italic": ("<em>", "</em>"),
    "code": ("<code>", "</code>"),
    "mention": ('<span class="mention">', "</span>"),
    "stamp": ('<span class="stamp">', "</span>"),
    "link": ('<span class="link">', "</span>"),
}
_HUES = 360
_BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger"}


def write(scenes: Sequence[Scene], asides: Sequence[Aside], *, accounts: Iterable[Account], out: Path) -> Path:
    """Write the page beside the pictures it shows, and return its path; raises OSError.

    `asides` are those that stand beside no scene.
    """
    path = out / NAME
    path.write_text(_page(scenes, asides, {account.id: account.name for account in accounts}), encoding="utf-8")
    return path


def _page(scenes: Sequence[Scene], asides: Sequence[Aside], names: dict[int, str]) -> str:
    style = resources.files("bot.demo").joinpath("page.css").read_text(encoding="utf-8")
    grown = _film(scenes[0], names) if scenes else ""
    parts = dict.fromkeys(["", *(seen.part for seen in (*scenes, *asides))])
    sections = "\n".join(_section(part, [*scenes, *asides], names) for part in parts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>imagebot: {escape(GUILD)}, #{escape(CHANNEL)}</title>
<style>
{style}</style>
</head>
<body>
<header><b>{escape(GUILD)}</b><span class="hash">#</span>{escape(CHANNEL)}</header>
<main>
{grown}
{sections}
</main>
</body>
</html>
"""


def _film(scene: Scene, names: dict[int, str]) -> str:
    """Show every state of one reply, side by side."""
    frames = "".join(_frame(scene, state, names) for state in scene.message.states)
    title = "One reply, from the command to the picture"
    return f'<section class="film"><h2>{title}</h2><div>{frames}</div></section>'


def _frame(scene: Scene, state: MessageState, names: dict[int, str]) -> str:
    seconds = (state.at - scene.began_at).total_seconds()
    caption = f"<figcaption>after {seconds:.1f} s</figcaption>"
    return f"<figure>{caption}{_content(scene.message, state, names, picture=scene.file_name)}</figure>"


def _section(part: str, seen: Iterable[Scene | Aside], names: dict[int, str]) -> str:
    """Show everything of one part of the story, in its order."""
    own = sorted((each for each in seen if each.part == part), key=lambda each: each.began_at)
    messages = "\n".join(_messages(each, names) if isinstance(each, Scene) else _aside(each, names) for each in own)
    return f'<section class="messages">{f"<h2>{escape(part)}</h2>" if part else ""}\n{messages}\n</section>'


def _messages(scene: Scene, names: dict[int, str]) -> str:
    """Show what a scene ended with, and what its person looked at besides."""
    did = _did(scene.act, in_full=scene.turned_away)
    how = f'{scene.act.title} <span class="said">{_words(scene.said, names)}</span>' if scene.said else did
    ended = _message(scene.person, how, scene.message, names, given=_given(scene.act), picture=scene.file_name)
    return "\n".join([ended, *(_aside(aside, names) for aside in scene.asides)])


def _aside(aside: Aside, names: dict[int, str]) -> str:
    how = _did(aside.act, in_full=True)
    return _message(aside.person, how, aside.message, names, picture=aside.file_name)


def _message(
    person: Person, how: str, message: Message, names: dict[int, str], *, given: str = "", picture: str | None = None
) -> str:
    name, colour = escape(person.name), _colour(person.name)
    foot = f'<p class="only">👁 Only {name} can see this</p>' if message.ephemeral else ""
    return f"""<article class="{"private" if message.ephemeral else "public"}">
<p class="used"><span class="avatar" style="background: {colour}">{name[:1].upper()}</span>
<b style="color: {colour}">{name}</b> {how}</p>{given}
<div class="body"><div class="avatar bot">ib</div><p class="author"><b>{escape(BOT)}</b><span class="app">APP</span>
<time>{message.created_at:%H:%M}</time></p>
{_content(message, message.states[-1], names, picture=picture)}{foot}</div>
</article>"""


def _did(act: Act, *, in_full: bool) -> str:
    """Say what a person typed, picked or pressed; `in_full` with its options, which the answer does not repeat."""
    options = " ".join(f"<i>{escape(name)}</i> {escape(str(value))}" for name, value in act.options.items())
    told = f' <span class="options">{options}</span>' if in_full and options else ""
    return f'{act.title} <span class="command">{escape(act.words)}</span>{told}'


def _words(said: Message, names: dict[int, str]) -> str:
    """Show what a person wrote, in one line."""
    lines = markup.read(said.content, at=said.created_at, names=names)
    return " ".join(_inline(line) for line in lines)


def _given(act: Act) -> str:
    """Show the pictures that a person gave, small and inside the page."""
    shown = "".join(
        f'<img src="{_inside(photos.preview(content))}" alt="{escape(name)}">' for name, content in act.files.values()
    )
    return f'<div class="given">{shown}</div>' if shown else ""


def _inside(content: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _content(message: Message, state: MessageState, names: dict[int, str], *, picture: str | None) -> str:
    files = "".join(_file(picture, file) for file in state.attachments) if picture else ""
    embeds = "".join(_embed(embed, message, state, names) for embed in state.embeds)
    return f"{_markdown(state.content, state, names)}{files}{embeds}{_buttons(state)}"


def _file(name: str, file: Attachment) -> str:
    size = f' width="{file.width}" height="{file.height}"' if file.width and file.height else ""
    return f'<img class="picture" src="{escape(name)}" alt="{escape(file.description or "")}"{size}>'


def _embed(embed: dict[str, Any], message: Message, state: MessageState, names: dict[int, str]) -> str:
    fields = "".join(
        f'<div class="{"inline" if field.get("inline") else "wide"}"><b>{escape(field["name"])}</b>'
        f"{_markdown(field['value'], state, names)}</div>"
        for field in embed.get("fields", [])
    )
    footer = escape(embed.get("footer", {}).get("text", ""))
    return (
        f'<div class="embed" style="border-color: #{embed.get("color", 0):06x}">{_thumbnail(embed, message)}'
        f"<h3>{escape(embed.get('title', ''))}</h3>{_markdown(embed.get('description', ''), state, names)}"
        f'{f"""<div class="fields">{fields}</div>""" if fields else ""}'
        f"{f'<footer>{footer}</footer>' if footer else ''}</div>"
    )


def _thumbnail(embed: dict[str, Any], message: Message) -> str:
    file_id = embed.get("thumbnail", {}).get("sandbox_file_id")
    found = next((file for file in message.files if file.id == file_id), None)
    return f'<img class="thumbnail" src="{_inside(found.read(), "webp")}" alt="">' if found else ""


def _markdown(text: str, state: MessageState, names: dict[int, str]) -> str:
    lines = markup.read(text, at=state.at, names=names) if text else []
    return "".join(_block(run) if block else "".join(map(_line, run)) for block, run in groupby(lines, _is_block))


def _is_block(line: markup.Line) -> bool:
    return line.block


def _block(lines: Iterable[markup.Line]) -> str:
    return f"<pre>{escape(chr(10).join(line.text for line in lines))}</pre>"


def _line(line: markup.Line) -> str:
    inner = _inline(line)
    if line.quoted:
        return f"<blockquote>{inner}</blockquote>"
    return f"<p>{inner}</p>" if inner else ""


def _inline(line: markup.Line) -> str:
    return "".join(f"{_TAGS[span.style][0]}{escape(span.text)}{_TAGS[span.style][1]}" for span in line.spans)


def _buttons(state: MessageState) -> str:
    return "".join(_row(row) for row in state.components)


def _row(row: dict[str, Any]) -> str:
    buttons = "".join(
        f'<span class="button {_BUTTON_STYLES.get(part.get("style", 2), "secondary")}">{escape(part["label"])}</span>'
        for part in _parts([row])
        if part.get("label")
    )
    return f'<div class="buttons">{buttons}</div>' if buttons else ""


def _parts(components: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    for part in components:
        yield part
        yield from _parts(part.get("components", []))


def _colour(name: str) -> str:
    """Return a colour of a person's own."""
    return f"hsl({sum(ord(char) * 37 for char in name) % _HUES} 60% 68%)"
