"""The content network: files by signed addresses that expire, served without a token (discord.md 3)."""

import hashlib
import hmac
import io
import mimetypes
import re
import warnings
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from PIL import Image

from bot.clock import Clock
from bot.sandbox.discord.messages import Attachment

LINK_LIFETIME = timedelta(hours=24)
_KEY = b"sandbox"
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
_UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)


class Cdn:
    """Keeps every file and knows its address."""

    def __init__(self, clock: Clock) -> None:
        self.base = ""
        self._clock = clock
        self._files: dict[int, Attachment] = {}

    def store(
        self,
        *,
        file_id: int,
        channel_id: int,
        filename: str,
        content: bytes,
        description: str | None = None,
        spoiler: bool = False,
        ephemeral: bool = False,
    ) -> Attachment:
        """Keep a file under a name that Discord would give it."""
        safe = safe_filename(filename)
        size = picture_size(safe, content)
        kept = Attachment(
            cdn=self,
            id=file_id,
            channel_id=channel_id,
            filename=safe,
            content=content,
            content_type=mimetypes.guess_type(safe)[0],
            description=description,
            title=None if safe == filename else filename,
            width=size[0] if size else None,
            height=size[1] if size else None,
            spoiler=spoiler or safe.startswith("SPOILER_"),
            ephemeral=ephemeral,
        )
        self._files[file_id] = kept
        return kept

    def url_of(self, attachment: Attachment) -> str:
        """Return an address of a file that works for a day from now."""
        kind = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"/{kind}/{attachment.channel_id}/{attachment.id}/{attachment.filename}"
        issued = f"{int(self._clock.now().timestamp()):x}"
        expires = f"{int((self._clock.now() + LINK_LIFETIME).timestamp()):x}"
        return f"{self.base}{path}?ex={expires}&is={issued}&hm={_signature(path, expires, issued)}"

    def find(self, file_id: int) -> Attachment | None:
        """Return a file by its id."""
        return self._files.get(file_id)

    def find_by_url(self, address: str) -> Attachment | None:
        """Return the file an address of ours names, signed or bare."""
        found = re.fullmatch(r"/(?:ephemeral-)?attachments/\d+/(\d+)/[^/]+", urlsplit(address).path)
        return self._files.get(int(found[1])) if found and address.startswith(self.base) else None

    def drop(self, attachment: Attachment) -> None:
        """Forget a file: its address answers 404 from now on."""
        self._files.pop(attachment.id, None)

    async def serve(self, request: web.Request) -> web.Response:
        """Answer a plain GET."""
        kept = self._files.get(int(request.match_info["file_id"]))
        if kept is None or kept.filename != request.match_info["filename"] or not self._signed(request):
            return web.Response(status=404, text="This content is no longer available.")
        headers = {"Content-Disposition": f'attachment; filename="{kept.filename}"', "Cache-Control": "public"}
        return web.Response(
            body=kept.content, content_type=kept.content_type or "application/octet-stream", headers=headers
        )

    def _signed(self, request: web.Request) -> bool:
        query = parse_qs(request.query_string)
        expires, issued, given = (query.get(name, [""])[0] for name in ("ex", "is", "hm"))
        if not hmac.compare_digest(given, _signature(request.path, expires, issued)):
            return False
        return int(expires, 16) > self._clock.now().timestamp()


def _signature(path: str, expires: str, issued: str) -> str:
    return hmac.new(_KEY, f"{path} {expires} {issued}".encode(), hashlib.sha256).hexdigest()


def safe_filename(filename: str) -> str:
    """Return the name Discord keeps: ASCII letters, digits, `_`, `-`, `.`; blanks become `_`."""
    kept = re.sub(r"[^A-Za-z0-9_.-]", "", re.sub(r"\s+", "_", filename)).lstrip(".")
    return kept or "unknown"


def is_picture_name(filename: str) -> bool:
    """Tell whether an embed may show a file of that name."""
    return filename.lower().endswith(_PICTURES)


def picture_size(filename: str, content: bytes) -> tuple[int, int] | None:
    """Return width and height where the bytes are a picture and the name says so."""
    if not is_picture_name(filename):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                return picture.size
    except _UNREADABLE:
        return None
