"""The word filter finds a word however it is typed, and leaves words alone that merely hold it."""

import time

import pytest

from bot import errors
from bot.guilds.model import MAX_WORD_CHARS, MAX_WORDS
from bot.guilds.words import find_word, parse_words

ALL_THE_SAME = ("ass",)


@pytest.mark.parametrize(
    "prompt",
    [
        "ass",
        "what an ass!",
        "ASS",
        "Ass, and more",
        "an ass-hat",
        "_ass_",
        "**ass**",
        "the ass's ears",
        "ass.",
        "(ass)",
        "\u201eass\u201c",
        "a\nass\nb",
        "a\tass\u3000b",
        "\uff21\uff33\uff33",  # full width
        "\U0001d400\U0001d42c\U0001d412",  # mathematical bold
        "\u24d0\u24e2\u24e2",  # in circles
        "a\u017fs",  # long s
        "a\u00df",  # sharp s
        "a\u00adss",  # soft hyphen
        "a\u200bs\u200bs",  # zero-width space
        "a\u2060ss",  # word joiner
        "\ufeffass",
        "as\u200ds",
        "a\u034fss",  # combining grapheme joiner
        "as\ufe0fs",  # variation selector
        "a\U000e0101ss",
        "a\u202ess",  # right-to-left override
        "a\U000e0061ss",  # tag
        "a\u3164ss",  # Hangul filler
        "a\x01ss",
        "\ud83dass",  # half a character
        "a\u0336s\u0336s\u0336",  # struck through
        "a\u20dds\u20dds\u20dd",  # encircled
        "\u00b4ass\u00b4",  # NFKC makes a space and a mark of each accent
        "これはassです",
        "一ass二",
    ],
)
def test_a_word_is_found_however_it_is_typed(prompt: str) -> None:
    """Case, width, look and what cannot be seen make no difference; what is no letter, digit or mark ends a word."""
    assert find_word(prompt, ALL_THE_SAME) == "ass"


DEFAULT_IGNORABLE = (  # of Unicode 17, DerivedCoreProperties.txt
    *(0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
    *(*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
)
ALSO_BLANK = (0x2800, 0x16FE4, 0x1D159)


def test_nothing_that_cannot_be_seen_hides_a_word() -> None:
    """Whatever Unicode says is not drawn, free places included, and what is drawn as nothing."""
    found = {code: find_word(f"a{chr(code)}ss", ALL_THE_SAME) for code in (*DEFAULT_IGNORABLE, *ALSO_BLANK)}
    assert [hex(code) for code, word in found.items() if word is None] == []


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        " ",
        "class",
        "assassin",
        "a grass field, a bass, an assembly",
        "as s",
        "a.s.s",
        "ass2",
        "2ass",
        "\u00e4ss",
        "as\u015b",  # another letter
        "ass\u0331",  # the last s bears a line: another letter
        "\u0105ss",
        "\u0430ss",  # Cyrillic
        "glass\u200bass",  # what is seen is one word
    ],
)
def test_a_word_within_another_is_no_such_word(prompt: str) -> None:
    """Nobody is refused for a class or a bass."""
    assert find_word(prompt, ALL_THE_SAME) is None


def test_scunthorpe_is_a_town() -> None:
    """And Penistone, and Sussex."""
    assert find_word("the road from Scunthorpe to Penistone in Essex", ("cunt", "penis", "sex")) is None


@pytest.mark.parametrize(
    ("word", "prompt", "is_found"),
    [
        ("bad word", "such a bad  \n word", True),
        ("bad word", "bad\u00a0word", True),
        ("bad word", "bad \u200b word", True),
        ("bad word", "bad words", False),
        ("bad word", "bad, word", False),
        ("bad  word", "a BAD word", True),
        ("stra\u00dfe", "STRASSE", True),
        ("STRASSE", "stra\u00dfe", True),
        ("office", "o\ufb03ce", True),  # a ligature
        ("ma\u00f1ana", "man\u0303ana", True),
        ("caf\u00e9", "cafe", False),
        ("caf\u00e9", "cafe\u034f\u0301", True),
        ("istanbul", "ISTANBUL", True),
        ("istanbul", "\u0130STANBUL", False),  # case folding keeps the dot as a mark
        ("\u0130stanbul", "i\u0307STANBUL", True),
        ("\u0131s\u0131", "ISI", False),  # the dotless i is a letter of its own
        ("\u03c3\u03bf\u03c6\u03cc\u03c2", "\u03a3\u039f\u03a6\u038c\u03a3", True),  # the final sigma is a sigma
        ("don't", "don\u2019t", True),
        ("x-ray", "x\u2010ray", True),
        ("x-ray", "x\u2011ray", True),
        ("馬鹿", "この馬鹿者", True),
        ("バカ", "ﾊﾞｶだ", True),
        ("ばか", "は\u3099か", True),
        ("は", "ば", False),
        ("หมา", "รูปหมาสวย", True),
        ("ដូច", "ខ្ញុំដូចគ្នា", True),
        ("3P", "一个3P吗", True),
        ("개", "개나리", False),
        ("개", "그 개", True),
        ("слово", "СЛОВО!", True),
        ("слово", "словосочетание", False),
        ("شعر", "بيت شعر", True),
        ("🍆", "an\U0001f346egg", True),
        ("❤️", "I ❤ you", True),
        ("c++", "in C++17", True),
        ("c++", "in c+", False),
        (".*", "anything", False),
        (".*", "a.*b", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("(", "(", True),
        ("\\w", "w", False),
        ("*", "a * b", True),
        ("$$", "$$$", True),
        ("@everyone", "hello @everyone", True),
    ],
)
def test_words_of_all_kinds_are_whole_words(word: str, prompt: str, is_found: bool) -> None:
    """Phrases, other scripts, symbols; what a search pattern would be is plain text."""
    assert find_word(prompt, (word,)) == (word if is_found else None)


def test_of_words_that_begin_alike_the_longer_one_needs_all_its_letters() -> None:
    """At the very end of a prompt as well."""
    assert find_word("a cat", ("catfish", "cat")) == "cat"
    assert find_word("catfish", ("cat", "catfish")) == "catfish"
    assert find_word("a catfis", ("catfish", "cat")) is None


def test_the_first_in_the_prompt_is_named_as_it_was_written() -> None:
    """So that the person sees which word it was."""
    assert find_word("a cat and a DOG", ("Dog", "CAT")) == "CAT"


def test_no_words_find_nothing() -> None:
    """Also what nothing is left of, should it be stored."""
    assert find_word("anything at all", ()) is None
    assert find_word("anything at all", ("\u200b", "")) is None


@pytest.mark.parametrize(
    ("words", "prompt"),
    [
        (tuple(f"{'a' * (number % 100)}{number}" for number in range(MAX_WORDS)), "a" * 2000),
        (tuple(f"{'a ' * (number % 50)}{number}" for number in range(MAX_WORDS)), "a " * 1000),
        (tuple(f"{'あ' * (number % 95)}{number}" for number in range(MAX_WORDS)), "あ" * 2000),
        (tuple(f"{'x' * 90}{number}" for number in range(MAX_WORDS)), "\ufdfa" * 2000),
        (tuple(f"{'x' * 90}{number}" for number in range(MAX_WORDS)), "a" + "\u0331" * 1999),
    ],
)
def test_the_longest_prompt_and_the_longest_list_take_no_noticeable_time(words: tuple[str, ...], prompt: str) -> None:
    """However much they resemble each other: trying every word at every place would take seconds."""
    began_s = time.process_time()
    assert find_word(prompt, words) is None
    assert time.process_time() - began_s < 0.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" \n  \r\n ", ()),
        ("one\ntwo", ("one", "two")),
        ("one, two,three\r\nfour", ("one, two,three", "four")),
        ("  bad \t  word \n", ("bad word",)),
        ("One\nONE\n\uff4fne\nO\u00adne", ("One",)),
        ("馬鹿、阿呆\n間抜け", ("馬鹿、阿呆", "間抜け")),
        ("Straße\nSTRASSE", ("Straße",)),
        ("a*b\n.*", ("a*b", ".*")),
        ("x" * MAX_WORD_CHARS, ("x" * MAX_WORD_CHARS,)),
        ("half \ud83d", ("half ?",)),
    ],
)
def test_a_list_is_read_by_lines(text: str, words: tuple[str, ...]) -> None:
    """Without doubles: the first of them stays as it was written. A comma belongs to its phrase."""
    assert parse_words(text) == words


@pytest.mark.parametrize(
    ("text", "what", "given"),
    [
        ("\n".join(f"word {number}" for number in range(MAX_WORDS + 1)), "too_many_words", str(MAX_WORDS + 1)),
        ("fine\n" + "x" * (MAX_WORD_CHARS + 1), "word_too_long", "x" * (MAX_WORD_CHARS + 1)),
        ("\ufdfa" * 10, "word_too_long", "\ufdfa" * 10),
        ("fine\n\u200b\u200d", "word_blank", "\u200b\u200d"),
        ("\ufe0f", "word_blank", "\ufe0f"),
        ("\u3164", "word_blank", "\u3164"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_as_a_whole(text: str, what: str, given: str) -> None:
    """With what it is that cannot be used."""
    with pytest.raises(errors.BadSetting) as refused:
        parse_words(text)
    assert (refused.value.what, refused.value.given) == (what, given)


def test_as_many_words_as_allowed_are_taken() -> None:
    """Doubles do not count."""
    text = "\n".join(f"word {number}" for number in range(MAX_WORDS)) + "\nWORD 1"
    assert len(parse_words(text)) == MAX_WORDS
