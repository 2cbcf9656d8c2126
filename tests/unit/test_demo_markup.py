"""What the demo reads out of Discord's markdown: the characters a person sees, and the style they are seen in."""

from datetime import UTC, datetime

import pytest

from bot.demo import markup
from bot.demo.markup import Span

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("plain words", [Span("plain words")]),
        (r"\*not\* \\ \@everyone \<t:0:R\>", [Span(r"*not* \ @everyone <t:0:R>")]),
        ("**bold** then *italic*", [Span("bold", "bold"), Span(" then "), Span("italic", "italic")]),
        (r"**with \* inside**", [Span("with * inside", "bold")]),
        ("use `/imagine`.", [Span("use "), Span("/imagine", "code"), Span(".")]),
        (f"Ready <t:{NOON_S + 4}:R>.", [Span("Ready "), Span("in 4 seconds", "stamp"), Span(".")]),
        (f"<t:{NOON_S}:t> <t:{NOON_S}>", [Span("12:00", "stamp"), Span(" "), Span("22 November 2026 12:00", "stamp")]),
        ("<t:9999999999999:D>", [Span("9999999999999", "stamp")]),
        (r"[to \] it](https://example.com/a) [no](b)", [Span("to ] it", "link"), Span(" [no](b)")]),
        (r"\[not\](https://example.com)", [Span("[not](https://example.com)")]),
        ("<@7> and <@!8>", [Span("@alice", "mention"), Span(" and "), Span("@unknown-user", "mention")]),
        ("**for <@7>**", [Span("for @alice", "bold")]),
        ("- for <@7>", [Span("• for "), Span("@alice", "mention")]),
        ("**open and `open", [Span("**open and `open")]),
        ("", []),
    ],
)
def test_a_line_is_read_as_a_client_shows_it(text: str, spans: list[Span]) -> None:
    """Escapes vanish, styles are told apart, and what is not closed is just text."""
    [line] = markup.read(text, at=NOON, names={7: "alice"})
    assert list(line.spans) == spans


def test_quotes_are_told_from_words() -> None:
    """A bar stands before each quoted line and before no other."""
    lines = markup.read("words\n> quoted\n>not", at=NOON)
    assert [(line.text, line.quoted) for line in lines] == [("words", False), ("quoted", True), (">not", False)]


def test_a_block_of_code_is_read_as_it_is() -> None:
    """Between its fences, and nowhere else."""
    lines = markup.read("```\n**a**  b\n```\n**c**", at=NOON)
    assert [(line.text, line.block) for line in lines] == [("**a**  b", True), ("c", False)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "in 0 seconds"),
        (1, "in 1 second"),
        (-1, "1 second ago"),
        (59, "in 59 seconds"),
        (60, "in 1 minute"),
        (-7200, "2 hours ago"),
        (172_800, "in 2 days"),
    ],
)
def test_a_moment_is_worded_beside_the_one_it_is_seen_in(seconds: int, words: str) -> None:
    """The largest whole unit, one or many, ahead or past."""
    assert markup.relative(NOON_S + seconds, at=NOON) == words


def test_a_terminal_is_sent_nothing_it_would_obey() -> None:
    """Escape codes, bells and marks that turn the direction are left out; letters and emoji stay."""
    assert markup.printable("a\x1b[31m\a\u202eb\u200b🏮é") == "a[31mb🏮é"
