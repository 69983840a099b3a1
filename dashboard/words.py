"""Text as it is searched: without case, width or composition, so that what looks alike is found alike."""

import unicodedata


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
