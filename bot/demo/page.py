"""The conversation as a page: what the people saw, as Discord would draw it. One file and the pictures beside it.

Whatever comes from a person or the provider goes through `html.escape`; nothing is fetched from elsewhere.
"""

from collections.abc import Iterable
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from bot.demo import markup
from bot.demo.stage import BOT, CHANNEL, GUILD, Scene
from bot.sandbox.discord import Account, Attachment, MessageState

NAME = "conversation.html"
_EPHEMERAL = 1 << 6
_TAGS = {
    "plain": ("", ""),
    "bold": ("<strong>", "</strong>"),
    "italic": ("<em>", "</em>"),
    "code": ("<code>", "</code>"),
    "mention": ('<span class="mention">', "</span>"),
    "stamp": ('<span class="stamp">', "</span>"),
}
_HUES = 360
_BUTTON_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger"}


def write(scenes: list[Scene], *, accounts: Iterable[Account], out: Path) -> Path:
    """Write the page beside the pictures it shows, and return its path; raises OSError."""
    path = out / NAME
    path.write_text(_page(scenes, {account.id: account.name for account in accounts}), encoding="utf-8")
    return path


def _page(scenes: list[Scene], names: dict[int, str]) -> str:
    style = resources.files("bot.demo").joinpath("page.css").read_text(encoding="utf-8")
    grown = _film(scenes[0], names) if scenes else ""
    messages = "\n".join(_message(scene, scene.message.states[-1], names) for scene in scenes)
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
<section class="messages">
{messages}
</section>
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
    seconds = (state.at - scene.exchanges[0].created_at).total_seconds()
    caption = f"<figcaption>after {seconds:.1f} s</figcaption>"
    return f"<figure>{caption}{_content(scene, state, names)}</figure>"


def _message(scene: Scene, state: MessageState, names: dict[int, str]) -> str:
    person = escape(scene.person.name)
    private = bool(state.flags & _EPHEMERAL)
    foot = f'<p class="only">👁 Only {person} can see this</p>' if private else ""
    colour = _colour(scene.person.name)
    return f"""<article class="{"private" if private else "public"}">
<p class="used"><span class="avatar" style="background: {colour}">{person[:1].upper()}</span>
<b style="color: {colour}">{person}</b> used <span class="command">/imagine</span></p>
<div class="avatar bot">ib</div>
<div class="body"><p class="author"><b>{escape(BOT)}</b><span class="app">APP</span>
<time>{scene.message.created_at:%H:%M}</time></p>
{_content(scene, state, names)}{foot}</div>
</article>"""


def _content(scene: Scene, state: MessageState, names: dict[int, str]) -> str:
    files = "".join(_file(scene, file) for file in state.attachments)
    embeds = "".join(_embed(embed, state, names) for embed in state.embeds)
    return f"{_markdown(state.content, state, names)}{files}{embeds}{_buttons(state)}"


def _file(scene: Scene, file: Attachment) -> str:
    if scene.file_name is None:
        return ""
    size = f' width="{file.width}" height="{file.height}"' if file.width and file.height else ""
    return f'<img class="picture" src="{escape(scene.file_name)}" alt="{escape(file.description or "")}"{size}>'


def _embed(embed: dict[str, Any], state: MessageState, names: dict[int, str]) -> str:
    fields = "".join(
        f'<div class="{"inline" if field.get("inline") else "wide"}"><b>{escape(field["name"])}</b>'
        f"{_markdown(field['value'], state, names)}</div>"
        for field in embed.get("fields", [])
    )
    footer = escape(embed.get("footer", {}).get("text", ""))
    return (
        f'<div class="embed" style="border-color: #{embed.get("color", 0):06x}">'
        f"<h3>{escape(embed.get('title', ''))}</h3>{_markdown(embed.get('description', ''), state, names)}"
        f'{f"""<div class="fields">{fields}</div>""" if fields else ""}'
        f"{f'<footer>{footer}</footer>' if footer else ''}</div>"
    )


def _markdown(text: str, state: MessageState, names: dict[int, str]) -> str:
    lines = markup.read(text, at=state.at, names=names) if text else []
    return "".join(_line(line) for line in lines)


def _line(line: markup.Line) -> str:
    inner = "".join(f"{_TAGS[span.style][0]}{escape(span.text)}{_TAGS[span.style][1]}" for span in line.spans)
    if line.quoted:
        return f"<blockquote>{inner}</blockquote>"
    return f"<p>{inner}</p>" if inner else ""


def _buttons(state: MessageState) -> str:
    buttons = "".join(
        f'<span class="button {_BUTTON_STYLES.get(part.get("style", 2), "secondary")}">{escape(part["label"])}</span>'
        for part in _parts(state.components)
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
