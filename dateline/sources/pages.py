"""A file that is one page or one text: what a browser, wget or a scraper saved."""

import re
from collections.abc import Iterator
from html import unescape

from dateline.sources.common import File, Found, Skip, page, whole

# The page's own address stands in its head; these are as much of it as is searched, in bytes.
_HEAD = 65_536
_LINK = re.compile(rb"<(?:link|meta)\b[^>]{1,2000}>", re.IGNORECASE)
_NAMED = re.compile(rb"""(?:rel|property)\s*=\s*["']?(?:canonical|og:url)\b""", re.IGNORECASE)
_ADDRESS = re.compile(rb"""(?:href|content)\s*=\s*["']?(https?://[^\s"'<>]{1,2000})""", re.IGNORECASE)


def read_html(file: File, after: int) -> Iterator[Found]:
    """The page, under the address that it names itself by, else under the file's."""
    yield from _read(file, after, "text/html")


def read_text(file: File, after: int) -> Iterator[Found]:
    """The text: title, byline and body in lines."""
    yield from _read(file, after, "text/plain")


def _read(file: File, after: int, content_type: str) -> Iterator[Found]:
    if after < 1:
        content = whole(file)
        if isinstance(content, Skip):
            yield 1, content
        else:
            own = address(content) if content_type == "text/html" else None
            yield 1, page(file, own or file_address(file), content, content_type)


def address(content: bytes) -> str | None:
    """The canonical address that a page gives in its head."""
    for tag in _LINK.findall(content, 0, _HEAD):
        if _NAMED.search(tag) and (found := _ADDRESS.search(tag)):
            return unescape(found[1].decode("utf-8", "replace"))
    return None


def file_address(file: File) -> str:
    """Where the file lies, as a URL."""
    return file.path.resolve().as_uri() if file.path else file.name
