"""What kind of body arrived, whatever its type says: a page, plain text, or what is neither and gets its reason.

Looked at in turn: size, magic bytes, charset, then how the document begins. An AMP page is a page.
"""

import json
import re
from html import escape
from typing import Any

from pipeline.clean.decode import decode, media_type
from pipeline.events import RawArticle, RejectReason
from pipeline.limits import DEFAULT_LIMITS, Limits, PageRefused, check_size

_HTML_TYPES = {"text/html", "application/xhtml+xml", "application/xml", "text/xml"}
_SNIFFED = 4000
# Place and bytes as the formats define them (IANA registrations; WHATWG MIME Sniffing Standard, 6).
_MAGIC = (
    (0, b"%PDF-", "a PDF"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (0, b"\xff\xd8\xff", "a JPEG image"),
    (0, b"GIF87a", "a GIF image"),
    (0, b"GIF89a", "a GIF image"),
    (0, b"II*\0", "a TIFF image"),
    (0, b"MM\0*", "a TIFF image"),
    (8, b"WEBPVP8", "a WebP image"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"%!PS-", "a PostScript document"),
    (0, b"OggS\0", "an Ogg file"),
    (0, b"ID3\x03", "an MP3 file"),
    (0, b"ID3\x04", "an MP3 file"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska file"),
    (4, b"ftyp", "an MP4, AVIF or HEIC file"),
    (0, b"wOF2", "a font"),
)
_COMPRESSED = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh91AY&SY", "bzip2"), (b"\xfd7zXZ\0", "xz"))
# What may stand before the first element: declarations, comments, processing instructions. Nothing is tried twice.
_FIRST_ELEMENT = re.compile(
    r"(?:\s++|\ufeff|<!--(?s:.*?)-->|<\?(?s:.*?)\?>|<!doctype[^>]{0,500}+>)*+<([a-z][a-z0-9:]*+)", re.IGNORECASE
)
_TAG = re.compile(r"<[a-z!?/]", re.IGNORECASE)
_PAGES = ("html", "head", "body")
_PAGE = re.compile(r"<(?:html|body)[\s>]", re.IGNORECASE)
# Half of a character, escaped in JSON: it can be written in no charset.
_HALF = re.compile(
    r"\\u[dD][89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89aAbB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
# Root elements: RSS 0.9x and 2.0, Atom (RFC 4287), RSS 1.0, with the element of one entry.
_FEEDS = {"rss": "item", "feed": "entry", "rdf:rdf": "item"}
_NO_PAGES = {"urlset": "a sitemap", "sitemapindex": "a sitemap", "opml": "a list of feeds", "svg": "an SVG image"}
# Replacement characters, and control characters within the sniffed part, of which text has none; those of the
# development pages make up at most 0.05 % of their text.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")
_UNREADABLE_SHARE = 0.02
_ARTICLE_TYPES = re.compile(r"Article|Posting|Report")


def read_body(raw: RawArticle, limits: Limits = DEFAULT_LIMITS) -> tuple[str, str]:
    """The body as text, and whether it is `html` or `text`. Raises PageRefused for what is neither."""
    kind, text = ("text/html", raw.html) if raw.html is not None else ("text/plain", raw.text or "")
    if raw.content is not None:
        check_size(len(raw.content), limits)
        _refuse_binary(raw.content[:_SNIFFED])
        kind, text = media_type(raw.content_type), decode(raw.content, raw.content_type)[0]
        if "\0" in text[:_SNIFFED]:
            raise PageRefused(RejectReason.UNDECODABLE, "the content is binary: it holds NULs")
    check_size(len(text), limits)
    _refuse_binary(text[:_SNIFFED].lstrip().encode("latin-1", "replace"))
    _refuse_unreadable(text)
    if "\\ud" in text or "\\uD" in text:
        text = _HALF.sub(r"\\ufffd", text)
    first = _FIRST_ELEMENT.match(text[:_SNIFFED])
    root = first.group(1).lower() if first else ""
    if root in _FEEDS:
        entries = len(re.findall(f"<{_FEEDS[root]}[ >]", text))
        raise PageRefused(RejectReason.FEED, f"a feed of {entries} entries, its root is <{root}>")
    if root in _NO_PAGES and not _PAGE.search(text):
        raise PageRefused(RejectReason.UNSUPPORTED_TYPE, f"{_NO_PAGES[root]}, its root is <{root}>")
    if (article := _of_json(text, limits.json_characters)) is not None:
        return "html", article
    if root in _PAGES:
        return "html", text
    if kind and kind not in _HTML_TYPES and kind != "text/plain":
        raise PageRefused(RejectReason.UNSUPPORTED_TYPE, f"content of type {kind[:80]!r} is no news text")
    tagged = _TAG.search(text) if kind in _HTML_TYPES else _is_tagged(text[:_SNIFFED])
    return ("html" if tagged and kind != "text/plain" else "text"), text


def _is_tagged(text: str) -> bool:
    return "<" in text and ">" in text


def _refuse_binary(head: bytes) -> None:
    for at, magic, name in _MAGIC:
        if head.startswith(magic, at):
            raise PageRefused(RejectReason.UNSUPPORTED_TYPE, f"{name}, by its first bytes")
    for magic, name in _COMPRESSED:
        if head.startswith(magic):
            raise PageRefused(RejectReason.UNDECODABLE, f"{name} data: its encoding was left on")


def _refuse_unreadable(text: str) -> None:
    if (lost := text.count("\ufffd")) > _UNREADABLE_SHARE * len(text):
        detail = f"{lost} of {len(text)} characters cannot be read in any charset that was tried"
        raise PageRefused(RejectReason.UNDECODABLE, detail)
    head = text[:_SNIFFED]
    if (controls := len(_CONTROL.findall(head))) > _UNREADABLE_SHARE * len(head):
        raise PageRefused(RejectReason.UNDECODABLE, f"{controls} of {len(head)} characters are control characters")


def _of_json(text: str, most: int) -> str | None:
    """A page made of a schema.org article; None for what is no JSON. Raises PageRefused for other JSON."""
    stripped = text.strip("\ufeff \t\r\n")
    if not stripped.startswith(("{", "[")) or not stripped.endswith(("}", "]")):
        return None
    if len(stripped) > most:
        detail = f"JSON of {len(stripped)} characters, at most {most} are read"
        raise PageRefused(RejectReason.TOO_LARGE, detail)
    try:
        data = json.loads(stripped, strict=False)
    except (ValueError, RecursionError):
        return None
    graph = data.get("@graph", data) if isinstance(data, dict) else data
    for item in graph if isinstance(graph, list) else [graph]:
        if isinstance(item, dict) and _ARTICLE_TYPES.search(str(item.get("@type"))) and _text(item, "articleBody"):
            return _page_of(item)
    raise PageRefused(RejectReason.UNSUPPORTED_TYPE, f"JSON, {len(stripped)} characters, no schema.org article in it")


def _page_of(item: dict[str, Any]) -> str:
    """The article as the page that it would stand on; its data stay beside it, so that they are read as ever."""
    data = json.dumps(item | {"articleBody": ""}, ensure_ascii=True).replace("<", "\\u003c")
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in _text(item, "articleBody").split("\n") if line.strip())
    return (
        f'<html><head><script type="application/ld+json">{data}</script></head><body><article>'
        f"<h1>{escape(_text(item, 'headline'))}</h1>{paragraphs}</article></body></html>"
    )


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
