"""What is fed in a storm: made-up articles, copies and revisions of them, and poison; the same for the same seed."""

import gzip
import json
import random
from base64 import b64encode
from collections.abc import Iterator

from dateline.feed import RawRecord

PLACES = ("Lisbon", "Oslo", "Nairobi", "Santiago", "Hanoi", "Ottawa", "Riga", "Accra", "Lima", "Perth", "Tbilisi")
OUTLETS = tuple(f"outlet{number}.example" for number in range(40))
FETCHED_AT = "2026-10-01T08:00:00Z"
#: Of a hundred records: so many new stories, as HTML and as text; the rest are copies and revisions.
_NEW, _HTML = 70, 30
_COPIES_OF_LAST = 500
_STEMS = (
    "har",
    "cou",
    "gla",
    "fer",
    "mon",
    "tel",
    "ris",
    "bal",
    "cor",
    "den",
    "fal",
    "lum",
    "nor",
    "pel",
    "sar",
    "tov",
)


def articles(count: int, seed: int) -> Iterator[RawRecord]:
    """So many good raw records."""
    chance = random.Random(seed)  # noqa: S311 - a storm is no secret
    words = ["".join(chance.sample(_STEMS, 3)) for _ in range(3000)]
    told: list[tuple[str, list[str]]] = []
    for number in range(count):
        dice = chance.randrange(100)
        if dice < _NEW or not told:
            url = f"https://{chance.choice(OUTLETS)}/{number}"
            told = [*told[-_COPIES_OF_LAST:], (url, _story(chance, words))]
            paragraphs = told[-1][1]
        else:
            url, paragraphs = chance.choice(told)
            revised = dice % 5 == 0
            url = url if revised else f"https://{chance.choice(OUTLETS)}/{number}"
            paragraphs = _revised(chance, words, paragraphs) if revised else _reworded(chance, words, paragraphs)
        yield _record(url, paragraphs, html=dice < _HTML)


def poison(count: int, seed: int) -> Iterator[RawRecord]:
    """So many records that no stage can make an article of, of a dozen kinds."""
    chance = random.Random(seed)  # noqa: S311 - as above
    kinds = list(_poisons(chance))
    for number in range(count):
        yield kinds[number % len(kinds)]


def _story(chance: random.Random, words: list[str]) -> list[str]:
    place = chance.choice(PLACES)
    lead = f"The council of {place} said on {chance.choice(('Monday', 'Friday'))} that {_sentence(chance, words)}"
    return [lead, *(" ".join(_sentence(chance, words) for _ in range(3)) for _ in range(5))]


def _sentence(chance: random.Random, words: list[str]) -> str:
    return " ".join(chance.choices(words, k=14)) + "."


def _reworded(chance: random.Random, words: list[str], paragraphs: list[str]) -> list[str]:
    """Wire copy that an outlet has touched: one word in twenty is another."""
    return [" ".join(w if chance.random() > 1 / 20 else chance.choice(words) for w in p.split()) for p in paragraphs]


def _revised(chance: random.Random, words: list[str], paragraphs: list[str]) -> list[str]:
    return [*paragraphs, f"Update: {_sentence(chance, words)}"]


def _record(url: str, paragraphs: list[str], *, html: bool) -> RawRecord:
    title = f"Headline of {url.rpartition('/')[2]}"
    if html:
        body = "".join(f"<p>{p}</p>" for p in paragraphs)
        page = f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>"
        content = {"html": page}
    else:
        content = {"text": "\n\n".join([title, *paragraphs])}
    return RawRecord(url.encode(), json.dumps({"url": url, "fetched_at": FETCHED_AT, **content}).encode())


def _poisons(chance: random.Random) -> Iterator[RawRecord]:
    def raw(**fields: object) -> bytes:
        return json.dumps({"url": "https://poison.example/", "fetched_at": FETCHED_AT, **fields}).encode()

    yield RawRecord(b"empty", b"")
    yield RawRecord(b"null value", None)
    yield RawRecord(None, raw(text="no key and too short"))
    yield RawRecord(b"five megabytes of nothing", b"x" * 5_000_000)
    yield RawRecord(b"five megabytes of page", raw(html="<p>word word word</p>" * 230_000))
    yield RawRecord(b"no JSON", b"\xff\xfe{not json")
    yield RawRecord(b"no article", b'{"url": "u"}')
    yield RawRecord(b"unknown type", raw(content="AAECAwQ=", content_type="application/x-unknown"))
    yield RawRecord(b"headers", raw(text="short"), [(f"h{n}", b"v") for n in range(10_000)])
    bomb = gzip.compress(b"<p>" * 3_000_000)
    yield RawRecord(b"compressed bomb", raw(content=b64encode(bomb).decode(), content_type="text/html"))
    yield RawRecord(b"deep", raw(html="<div>" * 40_000))
    yield RawRecord(b"links", raw(html='<a href="/x">A link</a> ' * 100_000))
    yield RawRecord(b"marks", raw(text="a" + "\u0327\u0301" * 100_000))
    noise = bytes(chance.randrange(256) for _ in range(5000))
    yield RawRecord(b"noise", raw(content=b64encode(noise).decode(), content_type="text/html"))
    yield RawRecord(b"nested JSON", b"[" * 100_000)
