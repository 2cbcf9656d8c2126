"""The conversation on the terminal: a line for each thing a person does and each state of a reply, as it happens."""

import asyncio
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from bot.clock import Clock
from bot.demo import markup
from bot.demo.acts import Act
from bot.demo.scenes import Aside, Scene
from bot.sandbox.discord import Message, MessageState, Person

_NAME_CHARS = 6
_WORDS_CHARS = 60
_PERCENT = re.compile(r"(\d+) %")
_EMBED_GREY = 0x8A93A6


class Transcript:
    """Prints what happens. On a terminal each job also has a progress bar, below the lines."""

    def __init__(self, *, console: Console, clock: Clock) -> None:
        self._console = console
        self._clock = clock
        self._began = clock.monotonic()
        self._watchers: list[asyncio.Task[None]] = []
        self._shown: dict[Scene, int] = {}
        self._bars: dict[Scene, TaskID] = {}
        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %")
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)

    @contextmanager
    def running(self) -> Generator[None, None, None]:
        """Show bars during the block; at its end every state that came is printed."""
        with self._progress:
            try:
                yield
            finally:
                for watcher in self._watchers:
                    watcher.cancel()
                for scene in list(self._shown):
                    self._show_new_states(scene)

    def note(self, words: str) -> None:
        """Print a line that belongs to nobody."""
        self._print(Text(words, style="dim"))

    def proof(self, seen: Scene | Aside, sentence: str) -> None:
        """Print what was found to be true of what somebody saw, after what it is about."""
        if isinstance(seen, Scene):
            self._show_new_states(seen)
        self._print_of(seen.person, "✓     ", Text(sentence, style="green"))

    def aside(self, aside: Aside) -> None:
        """Print what a person did that asks for no picture, and what it showed."""
        self._print_of(aside.person, f"{aside.act.verb:<6}", _told(aside.act))
        self._print_of(aside.person, "sees  ", describe(aside.message.states[-1], _names(aside.message)))

    def begin(self, scene: Scene) -> None:
        """Print what the person did, and follow the reply from now on."""
        self._print_of(scene.person, f"{scene.act.verb:<6}", _told(scene.act))
        self._shown[scene] = 0
        self._bars[scene] = self._progress.add_task(scene.person.name, total=100)
        self._watchers.append(asyncio.create_task(self._follow(scene), name=f"transcript {scene.person.name}"))

    async def _follow(self, scene: Scene) -> None:
        while True:
            self._show_new_states(scene)
            with suppress(TimeoutError):  # how long is too long is for the chapter to say
                await scene.message.wait_until(lambda message: len(message.states) > self._shown[scene])

    def _show_new_states(self, scene: Scene) -> None:
        new = scene.message.states[self._shown[scene] :]
        self._shown[scene] += len(new)
        for state in new:
            self._print_of(scene.person, "sees  ", describe(state, _names(scene.message)))
            self._progress.update(self._bars[scene], completed=_percent(state))

    def _print_of(self, person: Person, verb: str, words: Text) -> None:
        line = Text(f"{self._clock.monotonic() - self._began:5.1f} s  ", style="dim")
        line.append(f"{person.name:<{_NAME_CHARS}} ", style="cyan")
        line.append(verb, style="dim")
        self._print(line.append_text(words))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True, highlight=False)


def _told(act: Act) -> Text:
    told = Text(_short(act.words), style="bold")
    for name, value in {**act.options, **{name: file for name, (file, _) in act.files.items()}}.items():
        told.append(f" {name}: ", style="dim")
        told.append(_short(str(value)))
    return told


def describe(state: MessageState, names: Mapping[int, str]) -> Text:
    """Say in one line what a state of a message shows: title, words, files, buttons.

    Quoted prompts and tables are left out.
    """
    if state.thinking:
        return Text("is thinking…", style="dim")
    content = markup.read(state.content, at=state.at, names=names)
    told = Text(markup.printable(" ".join(line.text for line in content if line.text and not line.block)))
    for embed in state.embeds:
        if told:
            told.append(" · ")
        told.append(markup.printable(embed.get("title", "")), style=f"bold #{embed.get('color', _EMBED_GREY):06x}")
        told.append("".join(f" · {words}" for words in _words(embed, state, names)))
    for file in state.attachments:
        told.append(f" · {file.filename} ({file.n_bytes:,} bytes)", style="green")
    for label in state.labels:
        told.append(f" [{markup.printable(label)}]", style="dim")
    return told


def _words(embed: dict[str, Any], state: MessageState, names: Mapping[int, str]) -> list[str]:
    texts = [embed.get("description", ""), *(f"{each['name']}: {each['value']}" for each in embed.get("fields", []))]
    lines = [line for text in texts for line in markup.read(text, at=state.at, names=names)]
    return [markup.printable(line.text) for line in lines if line.text and not line.quoted and not line.block]


def _names(message: Message) -> dict[int, str]:
    return {account.id: account.name for account in message.channel.world.accounts.values()}


def _percent(state: MessageState) -> int:
    found = _PERCENT.search(str(state.embeds))
    return int(found[1]) if found else 100


def _short(text: str) -> str:
    shown = markup.printable(text)
    return shown if len(shown) <= _WORDS_CHARS else f"{shown[: _WORDS_CHARS - 1]}…"
