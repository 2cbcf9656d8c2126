"""Any text becomes harmless: shown as it stands, pinging nobody, never too long."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ui import characters, markdown

ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
PINGS = re.compile(
    r"<@[!&]?\d+>|<#\d+>|@everyone|@here|<id:\w+>|<t:-?\d+(:\w)?>|<a?:\w+:\d+>|</[\w -]+:\d+>", re.IGNORECASE
)
FRAGMENTS = [
    *("@everyone", "@here", "<@123>", "<@&1>", "<#9>", "<t:1:R>", "<:a:1>", "</x:1>", "https://a.b/c", ":fire:", "```"),
    *("-# small", "\n# head", "\n1. one", "[a](http://b)", "||s||", "\\", "@\u200beveryone", "> q", "\n>>> r"),
]
NASTY = st.text(
    st.one_of(
        st.sampled_from("\\`*_~|<>[]()@#-+.:/1aé \n\r\t\u2028\u200b\u200d\ufe0f\u202e\u0301\u3164\U0001f469\U0001f680"),
        st.characters(),
    ),
    max_size=300,
) | st.lists(
    st.sampled_from(FRAGMENTS),
    max_size=60,
).map("".join)


def shown(quoted: str) -> str:
    """Return what Discord draws of an escaped text."""
    return ESCAPE.sub(r"\1", quoted).replace("\u200b", "")


@given(NASTY)
def test_a_quoted_text_is_shown_as_it_was_written(text: str) -> None:
    """Escaping changes nothing of what a person sees."""
    quoted = markdown.quote(text, limit=10_000)
    assert shown(quoted).split() == " ".join(characters.plain_lines(text)).split()


@given(NASTY)
def test_nothing_of_a_quoted_text_is_markup(text: str) -> None:
    """No character that means something to Discord stands without its backslash."""
    quoted = markdown.quote(text, limit=10_000)
    bare = ESCAPE.sub("", quoted)
    assert not set(bare) & set("\\`*_~|<>[]@")
    assert not re.search(r"(?<!\\)://", quoted)
    assert not re.search(r"^([#+-]|\d+[.)])", quoted, re.MULTILINE)


@given(NASTY)
def test_a_quoted_text_pings_nobody(text: str) -> None:
    """Not even a reader that knows no backslashes finds a mention, a stamp or an emoji of a server."""
    assert not PINGS.search(markdown.quote(text, limit=10_000))


@given(NASTY, st.integers(min_value=10, max_value=120))
def test_a_quoted_text_keeps_within_its_limit(text: str, limit: int) -> None:
    """The limit holds after escaping, in the strictest count, and a cut leaves no lone backslash."""
    for quoted in (markdown.quote(text, limit=limit), markdown.block_quote(text, limit=limit + 24)):
        assert len(quoted.encode("utf-16-le")) // 2 <= limit + 24
    quoted = markdown.quote(text, limit=limit)
    assert len(quoted.encode("utf-16-le")) // 2 <= limit
    assert "\\" not in ESCAPE.sub("", quoted)


@pytest.mark.parametrize("char", [*"`*_~|\\<>[]@#-:.1a ", "é", "漢", "\U0001f600", "\n", "\u202e"])
def test_two_thousand_of_any_character_fit_an_embed(char: str) -> None:
    """The longest prompt fits a description of 4,096 without a cut."""
    quoted = markdown.block_quote(char * 2000, limit=4096)
    assert len(quoted.encode("utf-16-le")) // 2 <= 4096
    assert not quoted.endswith("…")


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("**bold** __u__ ~~s~~", r"\*\*bold\*\* \_\_u\_\_ \~\~s\~\~"),
        ("||hidden||", r"\|\|hidden\|\|"),
        ("[x](https://a.b/c_d)", r"\[x\](https\://a.b/c\_d)"),
        ("<@1> <@!1> <@&1> <#1>", r"\<\@1\> \<\@!1\> \<\@&1\> \<#1\>"),
        ("<t:1:R> <a:wave:123> </imagine:5>", r"\<t\:1:R\> \<a\:wave:123\> \</imagine:5\>"),
        (":fire: at 16:9", r"\:fire: at 16:9"),
        ("@everyone @HERE me@home", "\\@\u200beveryone \\@\u200bHERE me\\@home"),
        ("# head\n## sub\n-# small\n- one\n+ two\n* three\n12. four\n> said", None),
        ("a\\", r"a\\"),
        ("no - change. 1) here #tag", "no - change. 1) here #tag"),
        ("a\r\n\r\n\r\n  b\t\tc\u2028d", "a\nb c\nd"),
        ("x\u202eevil\u2066\u061c\u200b\u00ad\ufeff\u0000y", "xevily"),
        ("private \ue000\U000f0000 lone \ud800 end", "private lone end"),
        ("\u0301accents e\u0301\u0302\u0303\u0304\u0305\u0306", "accents e\u0301\u0302\u0303\u0304"),
        ("a\u3164b\u2800c\u00a0d", "a b c d"),
        ("tag\U000e0041s", "tags"),
        ("a\u200db and \u200d", "ab and"),
        ("\u0645\u06cc\u200c\u062e \u0915\u094d\u200d\u0937", "\u0645\u06cc\u200c\u062e \u0915\u094d\u200d\u0937"),
        ("\u200d\u3164a\u0627\u200d\u3164", "a\u0627"),
        ("👩\u200d🚀 🏳\ufe0f\u200d🌈 👍🏽 🇩🇪", "👩\u200d🚀 🏳\ufe0f\u200d🌈 👍🏽 🇩🇪"),
        ("🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", None),
        (
            "newer emoji \U0001fae8, newer han \U00031350, none \U0001fffe\ufdd0",
            "newer emoji \U0001fae8, newer han \U00031350, none",
        ),
        ("", ""),
    ],
)
def test_each_kind_of_markup_is_disarmed_and_letters_are_kept(text: str, quoted: str | None) -> None:
    """What is seen stays, what acts is disarmed, what hides goes; None: shown exactly as written."""
    if quoted is None:
        assert shown(markdown.quote(text, limit=4000)) == text
    else:
        assert markdown.quote(text, limit=4000) == quoted


@pytest.mark.parametrize(
    ("text", "limit", "quoted"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abcd efg", 6, "abcd…"),
        ("**********", 6, r"\*\*…"),
        ("\\\\\\\\\\\\", 6, "\\\\\\\\…"),
        ("aaae\u0301\u0302zzz", 6, "aaa…"),
        ("aaa👩\u200d🚀zzz", 6, "aaa…"),
        ("aaa👍🏽zzz", 6, "aaa…"),
        ("a🇩🇪🇫🇷", 6, "a🇩🇪…"),
        ("aa@everyone", 6, "aa\\@\u200b…"),
        ("\U0001f600" * 9, 6, "\U0001f600\U0001f600…"),
    ],
)
def test_a_cut_falls_between_whole_characters(text: str, limit: int, quoted: str) -> None:
    """A letter keeps its accents, an emoji its parts, a backslash what it escapes."""
    assert markdown.quote(text, limit=limit) == quoted


def test_an_endless_emoji_is_cut_and_not_dropped() -> None:
    """A chain of a thousand joined emoji still shows its beginning."""
    quoted = markdown.quote("\U0001f469\u200d" * 1000, limit=100)
    assert quoted.startswith("\U0001f469\u200d\U0001f469")
    assert len(quoted.encode("utf-16-le")) // 2 <= 100


def test_a_thousand_lines_do_not_fill_the_channel() -> None:
    """Lines beyond the twelfth are joined, and none of their words is lost."""
    quoted = markdown.block_quote("\n".join(str(n) for n in range(1000)), limit=4096)
    assert len(quoted.splitlines()) == markdown.MAX_QUOTED_LINES
    assert all(line.startswith("> ") for line in quoted.splitlines())
    assert quoted.endswith("998 999")


@pytest.mark.parametrize(
    "text",
    [
        *("", " \t\r\n", "\u200b\u200c\u200d\ufeff", "\u3164\u115f\u1160\uffa0", "\u2800", "\u00ad", "\ufe0f\ufe0e"),
        *("\u0301", "\u202e\u2066\u061c\u200e", "\U000e0041\U000e0042", "\u0000\u0007\u007f", "\ud800", "\ue000"),
        *("\u2028\u2029\u0085", "\u3000\u00a0", "\u034f\u17b4", "\u2060\u2061", "\U000e0100"),
    ],
)
def test_what_cannot_be_seen_is_blank(text: str) -> None:
    """A prompt of nothing visible is no prompt."""
    assert markdown.is_blank(text)
    assert markdown.quote(text, limit=100) == ""


@pytest.mark.parametrize("text", ["a", " . ", "\u200b|", "漢", "👍", "\u06dd", "\ufe0f1"])
def test_what_can_be_seen_is_not_blank(text: str) -> None:
    """One visible character is enough."""
    assert not markdown.is_blank(text)
