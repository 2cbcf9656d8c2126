"""File names and alt texts from prompts that hold anything."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.ui import filenames


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("A paper lighthouse, evening light!", "a-paper-lighthouse-evening-light.jpg"),
        ("ein Häuschen für Größe", "ein-hauschen-fur-grosse.jpg"),
        ("灯塔", "deng-ta.jpg"),
        ("../../etc/passwd\x00", "etc-passwd.jpg"),
        ("SPOILER_secret", "spoiler-secret.jpg"),
        (".hidden", "hidden.jpg"),
        ("&lt;b&gt; &#65; &#x41;", "lt-b-gt-65-x41.jpg"),
        ("CON", "picture-k3v9.jpg"),
        ("lpt1", "picture-k3v9.jpg"),
        ("", "picture-k3v9.jpg"),
        ("`" * 2000, "picture-k3v9.jpg"),
        ("👍👍", "picture-k3v9.jpg"),
        ("x" * 2000, "x" * 60 + ".jpg"),
        ("word " * 400, "word-" * 11 + "word.jpg"),
    ],
)
def test_a_file_is_named_after_its_prompt(prompt: str, name: str) -> None:
    """Readable where the prompt allows it, the job's id where it does not."""
    assert filenames.picture_name(prompt, job_id="k3v9", extension="jpg") == name


def test_an_extension_may_come_with_its_dot() -> None:
    """A name has one dot."""
    assert filenames.picture_name("a", job_id="k3v9", extension=".png") == "a.png"


@given(st.text(max_size=2000))
def test_any_prompt_makes_a_name_that_discord_and_windows_take(prompt: str) -> None:
    """ASCII letters, digits and `-`, never empty, never hidden, never a spoiler."""
    name = filenames.picture_name(prompt, job_id="k3v9q0ab", extension="webp")
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}\.webp", name)
    assert not name.upper().startswith("SPOILER_")


@given(st.text(max_size=2000))
@example("\u0600 an Arabic sign that is seen, a control by category")
@example("what is\u202e turned round, \x00\x1b[31m controlled\r\n\u2028broken and \u2066kept apart")
def test_any_prompt_makes_an_alt_text_that_discord_takes(prompt: str) -> None:
    """One plain line of at most 1,024, without controls, line breaks, and what turns the order round."""
    alt = filenames.alt_text(prompt)
    assert 0 < len(alt.encode("utf-16-le")) // 2 <= 1024
    assert {unicodedata.category(char) for char in alt} & {"Cc", "Cs", "Co", "Zl", "Zp"} == set()
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(alt)


def test_an_alt_text_is_not_escaped() -> None:
    """It is read aloud, so no backslash may stand in it."""
    assert filenames.alt_text("a **bold**\nlighthouse") == "AI-generated picture of: a **bold** lighthouse"


def test_a_long_prompt_ends_with_an_ellipsis_in_the_alt_text() -> None:
    """Who listens hears that there was more."""
    alt = filenames.alt_text("w" * 2000)
    assert len(alt) == 1024
    assert alt.endswith("w…")
