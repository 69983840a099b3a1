"""What is known of a story's country before its text is read: the feed's home, the outlet's domain, the language."""

from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import urlsplit

from pipeline.events import CleanArticle


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Top-level domains that are sold to the whole world, or are no country of the press: they say nothing.
WORLD_DOMAINS = _words("ac ai am cc co eu fm gg io la li ly me mu nu pm sc sh st su tk to tv vc ws")
#: Languages of the press of one country.
LANGUAGE_HOME = {
    "bg": "BG", "cs": "CZ", "da": "DK", "fi": "FI", "hu": "HU", "he": "IL", "is": "IS", "ja": "JP", "ka": "GE",
    "lt": "LT", "lv": "LV", "mk": "MK", "nb": "NO", "nn": "NO", "no": "NO", "pl": "PL", "sk": "SK", "sl": "SI",
    "sv": "SE", "th": "TH", "uk": "UA", "hy": "AM", "et": "EE", "hr": "HR", "id": "ID", "it": "IT", "vi": "VN",
    "ko": "KR", "el": "GR", "tr": "TR", "ro": "RO", "hi": "IN", "az": "AZ", "kk": "KZ", "mn": "MN", "km": "KH",
}  # fmt: skip


class Prior(NamedTuple):
    """A country and what says so: `feed`, `domain` or `language`."""

    iso2: str
    source: str


def prior_of(article: CleanArticle, known: Collection[str]) -> Prior | None:
    """The home country that the feed gives, else that of the outlet's top-level domain."""
    if article.home_country in known and article.home_country is not None:
        return Prior(article.home_country, "feed")
    return domain_prior(article.url, known)


def domain_prior(url: str, known: Collection[str]) -> Prior | None:
    try:
        last = (urlsplit(url).hostname or "").rpartition(".")[2]
    except ValueError:
        return None
    iso2 = {"uk": "GB"}.get(last, last.upper())
    return Prior(iso2, "domain") if iso2 in known and last not in WORLD_DOMAINS else None


def language_prior(language: str) -> Prior | None:
    """The country of a language whose press is of one country: for texts that name nothing early."""
    iso2 = LANGUAGE_HOME.get(language[:2])
    return Prior(iso2, "language") if iso2 else None
