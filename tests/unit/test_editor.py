"""One writer for one message (discord.md 6)."""

import asyncio
import functools

import discord

from bot.delivery.editor import MessageEditor
from bot.ui.cards import Card
from tests.support.clock import ManualClock

GAP_S = 5.0


def card(words: str) -> Card:
    return Card(embed=discord.Embed(title=words), view=None)


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


class Desk:
    """An editor, and the edits it made: each takes until it is let go."""

    def __init__(self, *, held: bool = False) -> None:
        self.clock = ManualClock()
        self.sent: list[tuple[float, str]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.fails = 0
        self.gap_s = GAP_S
        self.way_is_open = True
        self.go_on = asyncio.Event()
        if not held:
            self.go_on.set()
        self.editor = MessageEditor(send=self._send, gap_s=lambda: self.gap_s, clock=self.clock)

    async def _send(self, shown: Card) -> bool:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await self.go_on.wait()
        self.under_way -= 1
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the platform is away")
        self.sent.append((self.clock.monotonic(), str(shown.embed.title)))
        return self.way_is_open

    def show(self, *words: str) -> None:
        for word in words:
            self.editor.show(functools.partial(card, word))


async def test_the_first_card_is_shown_at_once_and_then_only_the_newest() -> None:
    """What came between is never seen; two edits are never closer than the gap."""
    desk = Desk()
    desk.show("1")
    await settle()
    desk.show("2", "3")
    await settle()
    desk.show("4")
    await desk.clock.advance(GAP_S - 0.1)
    await settle()
    assert desk.sent == [(0.0, "1")]
    await desk.clock.advance(0.1)
    await settle()
    assert desk.sent == [(0.0, "1"), (GAP_S, "4")]
    await desk.editor.seal()


async def test_the_same_look_is_not_sent_twice() -> None:
    """Nothing changed, nothing is called; a change back is one."""
    desk = Desk()
    for words in ("1", "1", "2", "2", "1"):
        desk.show(words)
        await settle()
        await desk.clock.advance(GAP_S)
        await settle()
    assert [words for _, words in desk.sent] == ["1", "2", "1"]
    await desk.editor.seal()


async def test_edits_are_one_at_a_time_and_the_gap_counts_from_their_start() -> None:
    """While one hangs, the newest waits behind it."""
    desk = Desk(held=True)
    desk.show("1")
    await settle()
    desk.show("2")
    await desk.clock.advance(GAP_S + 1)
    desk.show("3")
    await settle()
    assert desk.sent == []
    desk.go_on.set()
    await settle()
    assert desk.sent == [(GAP_S + 1, "1"), (GAP_S + 1, "3")]
    assert desk.most_under_way == 1
    await desk.editor.seal()


async def test_the_gap_is_asked_anew_for_each_edit() -> None:
    """It grows with the job's age."""
    desk = Desk()
    desk.show("1")
    await settle()
    desk.gap_s = 30.0
    desk.show("2")
    await settle()
    await desk.clock.advance(29)
    await settle()
    assert len(desk.sent) == 1
    await desk.clock.advance(1)
    await settle()
    assert desk.sent[1:] == [(30.0, "2")]
    await desk.editor.seal()


async def test_after_the_seal_nothing_of_progress_lands() -> None:
    """What waited for its turn is dropped at once, without waiting for the gap; later cards are refused."""
    desk = Desk()
    desk.show("1")
    await settle()
    desk.show("2")
    await settle()
    async with asyncio.timeout(1):
        await desk.editor.seal()
    desk.show("3")
    await settle()
    await desk.clock.advance(100)
    await settle()
    assert desk.sent == [(0.0, "1")]
    assert desk.clock.sleepers == 0


async def test_the_seal_waits_for_the_edit_under_way() -> None:
    """It is neither cut nor overtaken: the final card comes after it."""
    desk = Desk(held=True)
    desk.show("1")
    await settle()
    desk.show("2")
    sealing = asyncio.create_task(desk.editor.seal())
    await settle()
    assert not sealing.done()
    desk.go_on.set()
    await sealing
    assert [words for _, words in desk.sent] == ["1"]


async def test_a_seal_that_is_given_up_does_not_cut_the_edit_under_way() -> None:
    """A cut edit would keep the library's lock, and the final one would hang behind it."""
    desk = Desk(held=True)
    desk.show("1")
    await settle()
    sealing = asyncio.create_task(desk.editor.seal())
    await settle()
    sealing.cancel()
    await asyncio.gather(sealing, return_exceptions=True)
    desk.go_on.set()
    await desk.editor.seal()
    assert [words for _, words in desk.sent] == ["1"]


async def test_a_lost_edit_hurts_nobody() -> None:
    """The same card may be shown again, and later ones are."""
    desk = Desk()
    desk.fails = 1
    desk.show("1")
    await settle()
    assert desk.sent == []
    desk.show("1")
    await settle()
    await desk.clock.advance(GAP_S)
    await settle()
    assert desk.sent == [(GAP_S, "1")]
    await desk.editor.seal()


async def test_an_editor_that_showed_nothing_is_sealed_at_once_and_twice() -> None:
    """A job may end before its first progress, and its end may be told twice."""
    desk = Desk()
    await desk.editor.seal()
    await desk.editor.seal()
    desk.show("1")
    await settle()
    assert desk.sent == []


async def test_a_message_that_cannot_be_edited_any_more_is_left_alone() -> None:
    """Repeated calls to what is gone are punished by the platform."""
    desk = Desk()
    desk.way_is_open = False
    desk.show("1")
    await settle()
    desk.show("2")
    await desk.clock.advance(100)
    await settle()
    assert desk.sent == [(0.0, "1")]
