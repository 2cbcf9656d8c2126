"""What a request must obey before it is sent, and the body it becomes."""

import pytest

from bot.jobs.model import Quality, Size, Thinking
from bot.provider.errors import InvalidRequest
from bot.provider.models import GenerationRequest

PICTURE = "https://files.example.org/a.png"


def wire(request: GenerationRequest, *, loopback: bool = False, model: str = "m") -> dict[str, object]:
    return request.to_wire(model=model, loopback_callback=loopback)


@pytest.mark.parametrize("size", list(Size))
def test_every_size_goes_out_as_the_provider_spells_it(size: Size) -> None:
    """All fifteen of provider.md 1.1."""
    assert wire(GenerationRequest(prompt="p", size=size))["size"] == size.value
    assert len(Size) == 15


@pytest.mark.parametrize("quality", list(Quality))
def test_every_quality_goes_out_with_its_capital_k(quality: Quality) -> None:
    """All four of provider.md 1.1."""
    assert wire(GenerationRequest(prompt="p", quality=quality))["quality"] == quality.value
    assert len(Quality) == 4


@pytest.mark.parametrize(
    ("request_", "params"),
    [
        (GenerationRequest(prompt="p"), None),
        (
            GenerationRequest(prompt="p", web_search=True),
            {"web_search": True, "image_search": False, "thinking_level": "auto"},
        ),
        (
            GenerationRequest(prompt="p", image_search=True),
            {"web_search": False, "image_search": True, "thinking_level": "auto"},
        ),
        (
            GenerationRequest(prompt="p", thinking=Thinking.MIN),
            {"web_search": False, "image_search": False, "thinking_level": "min"},
        ),
    ],
)
def test_model_params_are_sent_only_where_they_say_something(
    request_: GenerationRequest, params: dict[str, object] | None
) -> None:
    """All defaults mean the same as nothing."""
    assert wire(request_).get("model_params") == params


@pytest.mark.parametrize(
    ("prompt", "taken"),
    [
        ("p", True),
        ("p" * 2000, True),
        ("🗼" * 2000, True),
        ("p" * 2001, False),
        ("", False),
        (" \n\t ", False),
        ("half \ud800", False),
    ],
)
def test_a_prompt_holds_one_to_two_thousand_characters(prompt: str, taken: bool) -> None:
    """Characters, not bytes (provider.md C1)."""
    request = GenerationRequest(prompt=prompt)
    if taken:
        assert wire(request)["prompt"] == prompt
        return
    with pytest.raises(InvalidRequest) as refused:
        wire(request)
    assert refused.value.field == "prompt"


@pytest.mark.parametrize(
    ("urls", "taken"),
    [
        ((PICTURE,), True),
        ((PICTURE,) * 14, True),
        ((PICTURE,) * 15, False),
        (("http://127.0.0.1:8080/a.webp",), True),
        (("https://x.example/a.JPEG",), True),
        (("https://x.example/a.jpg?ex=1&hm=2",), True),
        (("https://x.example/download/f_7Qm2x",), True),
        (("https://x.example/a.gif",), False),
        (("https://x.example/a.heic?x=.png",), False),
        (("ftp://x.example/a.png",), False),
        (("data:image/png;base64,AAAA",), False),
        (("file:///etc/passwd",), False),
        (("/relative/a.png",), False),
        (("https:///a.png",), False),
        (("https://[::1/a.png",), False),
        (("https://x.example:99999/a.png",), False),
        (("https://x.example/a b.png",), False),
        (("",), False),
        ((PICTURE, "nonsense"), False),
    ],
)
def test_image_urls_are_at_most_fourteen_http_addresses_of_pictures(urls: tuple[str, ...], taken: bool) -> None:
    """A wrong suffix is refused; none at all is how the file service's download links look."""
    request = GenerationRequest(prompt="p", image_urls=urls)
    if taken:
        assert wire(request)["image_urls"] == list(urls)
        return
    with pytest.raises(InvalidRequest) as refused:
        wire(request)
    assert refused.value.field == "image_urls"


def long_url(length: int) -> str:
    start = "https://bot.example.org/"
    return start + "x" * (length - len(start))


@pytest.mark.parametrize(
    ("url", "loopback", "taken"),
    [
        ("https://bot.example.org/hook", False, True),
        ("https://8.8.8.8/hook", False, True),
        (long_url(2048), False, True),
        (long_url(2049), False, False),
        ("http://bot.example.org/hook", False, False),
        ("http://bot.example.org/hook", True, False),
        ("wss://bot.example.org/hook", False, False),
        ("bot.example.org/hook", False, False),
        ("https://127.0.0.1/hook", False, False),
        ("https://10.1.2.3/hook", False, False),
        ("https://172.16.0.1/hook", False, False),
        ("https://192.168.0.1/hook", False, False),
        ("https://169.254.169.254/hook", False, False),
        ("https://2130706433/hook", False, False),
        ("https://0x7f.1/hook", False, False),
        ("https://[::1]/hook", False, False),
        ("https://[::ffff:10.0.0.1]/hook", False, False),
        ("https://localhost/hook", False, False),
        ("https://bot.localhost/hook", False, False),
        ("https://bot.internal./hook", False, False),
        ("https://bot/hook", False, False),
        ("http://127.0.0.1:8080/hook", False, False),
        ("http://127.0.0.1:8080/hook", True, True),
        ("http://localhost:8080/hook", True, True),
        ("https://[::1]:8080/hook", True, True),
        ("http://10.0.0.1/hook", True, False),
        ("https://10.0.0.1/hook", True, False),
    ],
)
def test_a_callback_address_is_public_https_or_loopback_beside_a_loopback_provider(
    url: str, loopback: bool, taken: bool
) -> None:
    """The provider refuses internal addresses (provider.md 7), so we do before it."""
    request = GenerationRequest(prompt="p", callback_url=url)
    if taken:
        assert wire(request, loopback=loopback)["callback_url"] == url
        return
    with pytest.raises(InvalidRequest) as refused:
        wire(request, loopback=loopback)
    assert refused.value.field == "callback_url"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (GenerationRequest(prompt="p", size="2:1"), "size"),  # type: ignore[arg-type]
        (GenerationRequest(prompt="p", quality="2k"), "quality"),  # type: ignore[arg-type]
        (GenerationRequest(prompt="p", thinking="low"), "thinking_level"),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_the_provider_does_not_know_is_refused_by_its_field(
    request_: GenerationRequest, field: str
) -> None:
    """`low` was withdrawn in April 2026; older code still sends it (provider.md 1.2)."""
    with pytest.raises(InvalidRequest) as refused:
        wire(request_)
    assert refused.value.field == field
    assert "must be one of" in refused.value.message


def test_a_model_must_be_named() -> None:
    """An empty setting is found before the call, not by it."""
    with pytest.raises(InvalidRequest) as refused:
        wire(GenerationRequest(prompt="p"), model=" ")
    assert refused.value.field == "model"
