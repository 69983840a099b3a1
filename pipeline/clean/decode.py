"""Bytes to text: byte order mark, strict UTF-8, the server's charset, the page's own, then a guess.

trafilatura ignores the charset of the server and of the page, which makes Latin-1 French mojibake (notes/clean.md).
"""

import codecs
import re
from email.message import Message

from charset_normalizer import from_bytes

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# Where HTML5 lets a page declare its charset: the first 1,024 bytes.
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED_WITHIN = 1024
# A guess needs no more than this, and it is quadratic in odd cases.
_GUESS_BYTES = 64 * 1024
# WHATWG Encoding Standard: these labels mean windows-1252 on the web.
_WEB_LABELS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}

# Codecs of Python that are no charset: they decode any bytes, or always fail.
_NO_CHARSETS = {"undefined", "unicode-escape", "raw-unicode-escape", "punycode", "idna"}


def media_type(content_type: str | None) -> str:
    """`text/html` of `Text/HTML; charset=x`; empty where there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def decode(content: bytes, content_type: str | None) -> tuple[str, str]:
    """Decode a body. Gives the text and the name of the charset; never fails, the last resort replaces bad bytes."""
    for mark, charset in _MARKS:
        if content.startswith(mark):
            return content.decode(charset, "replace"), charset
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(content[:_DECLARED_WITHIN])
    for label in (_served_charset(content_type), declared.group(1).decode("ascii") if declared else None):
        if label and (text := _try(content, label)) is not None:
            return text, label.lower()
    best = from_bytes(content[:_GUESS_BYTES]).best()
    if best is not None and (text := _try(content, best.encoding)) is not None:
        return text, best.encoding
    return content.decode("utf-8", "replace"), "utf-8"


def _served_charset(content_type: str | None) -> str | None:
    message = Message()
    message["content-type"] = (content_type or "").replace("\n", " ").replace("\r", " ")
    return message.get_content_charset()


def _try(content: bytes, label: str) -> str | None:
    try:
        charset = codecs.lookup(_WEB_LABELS.get(label.lower(), label)).name.replace("_", "-")
        return None if charset in _NO_CHARSETS else content.decode(charset)
    except (LookupError, ValueError):  # no such charset, no text encoding, a NUL in the label, or other bytes
        return None
