"""Dedupe: what an article is to those before it.

A verdict is a function of the article's position in the log and of what stood before it. Entries that were judged at
later positions (written by a worker that died) wait until the log comes to them. So a redelivery, a restart or a
replayed log gives the same verdicts.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from pipeline.dedupe import decision
from pipeline.dedupe.entry import (
    EMPTY,
    ENTRY,
    KEYS,
    MAGIC,
    PASSAGES,
    RELATIONS,
    Fingerprint,
    pack_id,
    unpack,
)
from pipeline.dedupe.index import Index
from pipeline.dedupe.passages import passages
from pipeline.dedupe.reading import NUMBERS, Reading, digest
from pipeline.events import CleanArticle, Origin, Relation, Verdict
from pipeline.urls import canonical_url

DEDUPE_VERSION = "dedupe-3"
REMEMBERED = 1_000_000
#: Positions before the newest of the changelog that may be missing in it: more than any window of records in flight.
REACH = 4096
#: Changed texts of a page that are counted.
MOST_TEXTS = 65_535
_TEXT, _URL, _SHINGLES, _NUMBERS, _LEAD = (1 << bit for bit in range(len(KEYS)))


class Deduplicator:
    """A bounded memory of articles, oldest forgotten first. One for each partition of `news.clean`.

    `remember` articles at most, and none more than `keep` seconds older than the newest: about 540 bytes each,
    reserved when it is made. An article costs time by its words, `MOST_WORDS` at most beyond the exact text, and is
    compared with `COMPARED` others at most, however many look like it.
    """

    def __init__(self, remember: int = REMEMBERED, keep: float = math.inf) -> None:
        self._index = Index(remember)
        self._keep = keep
        self._waiting: dict[int, bytes] = {}
        self._next, self._last = 0, -1

    def __len__(self) -> int:
        return len(self._index) + len(self._waiting)

    @property
    def age(self) -> float:
        """Seconds between the oldest and the newest article that is remembered."""
        return self._index.age

    def check(self, article: CleanArticle, origin: tuple[str, int, int] | None = None) -> Verdict:
        """Judge an article, then remember it. Without an origin each call is a record of its own."""
        place = Origin(*origin) if origin else article.origin
        name = "/".join(map(str, place)) if place else f"#{self._next}"
        return self.judge(article, name, self._next, _seconds(article.fetched_at)).verdict

    def judge(self, article: CleanArticle, origin: str, position: int, time: float = 0.0) -> Fingerprint:
        """Judge the article at a position of the log, remember it, and give what to write to the changelog.

        `origin` names the raw record: a second delivery of it gets the first one's verdict. `time`: of the record.
        Positions come in order; one that came before may come again.
        """
        self._catch_up(position)
        key = digest(origin.encode())
        known = self._index.find("origin", key)
        if known >= 0:
            return replace(self._index.fingerprint(known, DEDUPE_VERSION), published_at=article.published_at)
        self._index.expire(time, self._keep)
        fingerprint = self._judge(article, key, position, time)
        odd = {0: (fingerprint.id, fingerprint.root_id)} if fingerprint.entry["odd"][0] else {}
        self._index.add(fingerprint.entry, odd, self._keep, posted=True)
        self._next = max(self._next, position + 1)
        return fingerprint

    def remember(self, written: Sequence[bytes]) -> None:
        """Take in what was judged before a restart, as `to_bytes` packed it: it waits until the log comes there.

        Only what lies within `REACH` of the newest can have a gap before it that is still to be judged; all else is
        added at once. Raises ValueError or struct.error for bytes that are no fingerprint.
        """
        entries, _ = unpack(written)
        for position, data in zip(entries["position"].tolist(), written, strict=True):
            if position >= self._next:
                self._waiting.setdefault(position, data)
                self._last = max(self._last, position)
        self._catch_up(self._last - REACH)

    def _catch_up(self, position: int) -> None:
        """Add the entries that wait and stand before, or at, a position."""
        if not self._waiting or not (due := sorted(at for at in self._waiting if at <= position)):
            return
        self._index.add(*unpack([self._waiting.pop(at) for at in due]), self._keep)
        self._next = max(self._next, due[-1] + 1)

    def _judge(self, article: CleanArticle, origin: int, position: int, time: float) -> Fingerprint:
        index, reading = self._index, Reading(article.body)
        url = article.canonical_url or canonical_url(article.url)
        # A dictionary: writing the fields of a packed row one by one takes longer than all the reading.
        entry = dict(EMPTY)
        entry["magic"], entry["position"], entry["time"] = MAGIC, position, time
        entry["origin"], entry["url"] = origin, _name(url)
        # An article of no words at all is told apart by its title, or by its address.
        entry["text"] = reading.exact if reading.count else _name("\0" + (article.title or url))
        entry["shingles"], entry["sketch"], entry["early"] = reading.distinct, reading.sketch, reading.early
        entry["numbers"] = np.zeros(NUMBERS, np.uint16)
        entry["numbers"][: len(reading.numbers)] = reading.numbers[:NUMBERS]
        entry["numbers_in_all"] = min(255, len(reading.numbers))
        entry["feed"] = _name((article.source or "").casefold()) % 256
        entry["outlet"] = _name((article.source or urlsplit(url).hostname or "").casefold()) % 64
        entry["outlets"] = 1 << entry["outlet"]

        root_id = ""
        page, same = index.find("url", entry["url"]), index.find("text", entry["text"])
        entry["texts"] = int(index.entries["texts"][page]) if page >= 0 else 1
        if same >= 0:
            root_id = self._repeat_exactly(entry, same)
        elif page >= 0:
            ((_, comparison),) = index.compare(reading, [self._original(page)])
            root_id = self._repeat(entry, Relation.REVISION, page, comparison.similarity, _URL)
            entry["texts"] = min(MOST_TEXTS, entry["texts"] + 1)
        elif reading.distinct >= decision.LEAST_SHINGLES:
            root_id = self._repeat_in_part(entry, article, reading)
        packed = pack_id(article.id)
        entry["odd"] |= packed is None
        entry["id"] = np.void(packed or bytes(16))
        if not root_id:
            root_id, entry["root"], entry["root_id"] = article.id, position, entry["id"]
            entry["odd"] *= 3
            entry["root_published"] = _seconds(article.published_at)
        index.post(entry)
        row = np.array([tuple(entry.values())], ENTRY)
        return Fingerprint(row, article.id, root_id, DEDUPE_VERSION, article.published_at)

    def _repeat_exactly(self, entry: dict[str, Any], same: int) -> str:
        """The text of the article in a slot again: to the original it is what that one is, unless that goes on."""
        other = self._index.entries[same]
        relation = RELATIONS[other["relation"]]
        if relation in (Relation.NEAR, Relation.SPUN, Relation.PARTIAL):
            entry["passages"] = other["passages"]
            return self._repeat(entry, relation, same, int(other["similarity"]) / 1000, _TEXT)
        return self._repeat(entry, Relation.EXACT, same, 1.0, _TEXT)

    def _repeat_in_part(self, entry: dict[str, Any], article: CleanArticle, reading: Reading) -> str:
        """What shares passages with a remembered article, if anything does."""
        index = self._index
        found = max(
            index.compare(reading, index.candidates(reading)), key=lambda pair: pair[1].probability, default=None
        )
        if not found:
            return ""
        slot, comparison = found
        original = self._original(slot)
        same_feed = index.entries["feed"][original] == entry["feed"]
        again = same_feed and decision.says_again(article.title, article.body)
        if comparison.probability < (decision.AGAIN if again else decision.THRESHOLD):
            return ""
        # The verdict names the cluster's original, so it is about that one, whichever copy was met.
        if original != slot:
            ((_, other),) = index.compare(reading, [original])
            comparison = other if other.shared >= decision.LEAST_SHARED else comparison
        changed = again or (same_feed and decision.says_changed(article.title, article.body))
        relation = Relation.REVISION if changed else comparison.relation
        evidence = _SHINGLES | _NUMBERS * comparison.numbers_agree | _LEAD * comparison.lead_agrees
        shared = passages(reading, comparison, PASSAGES)
        entry["passages"] = shared + [(0, 0)] * (PASSAGES - len(shared))
        return self._repeat(entry, relation, slot, comparison.similarity, evidence)

    def _original(self, slot: int) -> int:
        """Slot of the original of an article's cluster, or its own where that is forgotten."""
        root = self._index.at(int(self._index.entries["root"][slot]))
        return root if root >= 0 else slot

    def _repeat(self, entry: dict[str, Any], relation: Relation, slot: int, similarity: float, evidence: int) -> str:
        """Write that an entry repeats the article in a slot; gives the id of the cluster's original."""
        other = self._index.entries[slot]
        cluster = self._index.entries[self._original(slot)]
        entry["relation"], entry["similarity"] = RELATIONS.index(relation), round(similarity * 1000)
        entry["evidence"] = evidence
        entry["root"], entry["root_published"] = other["root"], other["root_published"]
        entry["root_id"] = other["root_id"]
        entry["odd"] = int(other["odd"]) & 2
        entry["copies"], entry["outlets"] = cluster["copies"] + 1, cluster["outlets"] | np.uint64(entry["outlets"])
        return self._index.ids(slot)[1]


def warm_up() -> None:
    """Have everything compiled: some seconds where no earlier run left it on disk, else half a second."""
    words = [f"word{number}" for number in range(40)]
    index = Deduplicator(2)
    for number, order in enumerate((words, words[:-4], words[3:], words[::-1])):
        index.check(CleanArticle(url=f"https://{number}.example/", body=" ".join(order)))
    again = Deduplicator(2)
    again.remember([index.judge(CleanArticle(url="https://last.example/", body=" ".join(words)), "last", 0).to_bytes()])
    again.judge(CleanArticle(url="https://next.example/"), "next", 1)


def _name(text: str) -> int:
    return digest(text.encode("utf-8", "surrogatepass"))


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0.0
