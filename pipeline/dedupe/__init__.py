"""Dedupe: what an article is to those before it.

A verdict is a function of the article's position in the log and of what stood before it. Entries that were judged at
later positions (written by a worker that died) wait until the log comes to them. So a redelivery, a restart or a
replayed log gives the same verdicts.
"""

import heapq
import math
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from pipeline.dedupe import decision
from pipeline.dedupe.entry import EMPTY, ENTRY, KEYS, MAGIC, PASSAGES, RELATIONS, Fingerprint, pack_id
from pipeline.dedupe.index import Index
from pipeline.dedupe.passages import passages
from pipeline.dedupe.reading import NUMBERS, Reading, digest
from pipeline.events import CleanArticle, Origin, Relation, Verdict
from pipeline.urls import canonical_url

DEDUPE_VERSION = "dedupe-2"
REMEMBERED = 1_000_000
#: Positions before the newest of the changelog that may be missing in it: more than any window of records in flight.
REACH = 4096
_TEXT, _URL, _SHINGLES, _NUMBERS, _LEAD = (1 << bit for bit in range(len(KEYS)))


class Deduplicator:
    """A bounded memory of articles, oldest forgotten first. One for each partition of `news.clean`.

    `remember` articles at most, and none more than `keep` seconds older than the newest.
    """

    def __init__(self, remember: int = REMEMBERED, keep: float = math.inf) -> None:
        self._index = Index(remember)
        self._keep = keep
        self._waiting: dict[int, Fingerprint] = {}
        self._order: list[int] = []
        self._next, self._last = 0, -1
        self._newest = 0.0

    def __len__(self) -> int:
        return len(self._index) + len(self._waiting)

    @property
    def age(self) -> float:
        """Seconds between the oldest and the newest article that is remembered."""
        index = self._index
        oldest = index.entries["time"][index.forgotten % index.capacity] if len(index) else self._newest
        return max(0.0, self._newest - float(oldest))

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
            return self._index.fingerprint(known, DEDUPE_VERSION)
        self._expire(time)
        fingerprint = self._judge(article, key, position, time)
        self._add(fingerprint, posted=True)
        return fingerprint

    def remember(self, fingerprint: Fingerprint) -> None:
        """Take in what was judged before a restart: it waits until the log comes to its position.

        Only what lies within `REACH` of the newest can have a gap before it that is still to be judged; all else is
        added at once.
        """
        position = fingerprint.position
        if position >= self._next and position not in self._waiting:
            self._waiting[position] = fingerprint
            heapq.heappush(self._order, position)
            self._last = max(self._last, position)
            self._catch_up(self._last - REACH)

    def _catch_up(self, position: int) -> None:
        """Add the entries that wait and stand before, or at, a position."""
        while self._order and self._order[0] <= position:
            fingerprint = self._waiting.pop(heapq.heappop(self._order))
            if self._index.find("origin", int(fingerprint.entry["origin"][0])) < 0:
                self._expire(float(fingerprint.entry["time"][0]))
                self._add(fingerprint, posted=False)

    def _expire(self, time: float) -> None:
        self._newest = max(self._newest, time)
        index = self._index
        while len(index) and index.entries["time"][index.forgotten % index.capacity] < self._newest - self._keep:
            index.forget()

    def _add(self, fingerprint: Fingerprint, *, posted: bool) -> None:
        slot = self._index.add(fingerprint, posted=posted)
        entry = self._index.entries[slot]
        root = self._index.at(int(entry["root"]))
        if root >= 0 and root != slot:
            self._index.entries["cluster_copies"][root] = entry["copies"]
            self._index.entries["cluster_outlets"][root] = entry["outlets"]
        self._next = max(self._next, int(entry["position"]) + 1)

    def _judge(self, article: CleanArticle, origin: int, position: int, time: float) -> Fingerprint:
        index, reading = self._index, Reading(article.body)
        url = article.canonical_url or canonical_url(article.url)
        # A dictionary: writing the fields of a packed row one by one takes longer than all the reading.
        entry = dict(EMPTY)
        entry["magic"], entry["position"], entry["time"] = MAGIC, position, time
        entry["origin"], entry["url"] = origin, digest(url.encode("utf-8", "surrogatepass"))
        # An article of no words at all is told apart by its title, or by its address.
        wordless = ("\0" + (article.title or url)).encode("utf-8", "surrogatepass")
        entry["text"] = reading.exact if reading.count else digest(wordless)
        entry["shingles"], entry["sketch"], entry["early"] = reading.distinct, reading.sketch, reading.early
        entry["numbers"] = np.zeros(NUMBERS, np.uint16)
        entry["numbers"][: len(reading.numbers)] = reading.numbers[:NUMBERS]
        entry["numbers_in_all"] = min(255, len(reading.numbers))
        outlet = article.source or urlsplit(url).hostname or ""
        entry["outlets"] = 1 << digest(outlet.casefold().encode("utf-8", "surrogatepass")) % 64

        root_id = ""
        page, same = index.find("url", int(entry["url"])), index.find("text", int(entry["text"]))
        entry["texts"] = index.entries["texts"][page] if page >= 0 else 1
        if same >= 0:
            root_id = self._repeat(entry, Relation.EXACT, same, 1.0, _TEXT)
        elif page >= 0:
            shares = [c.similarity for slot, c in index.compare(reading) if slot == page]
            root_id = self._repeat(entry, Relation.REVISION, page, max([0.0, *shares]), _URL)
            entry["revision"] = entry["texts"]
            entry["texts"] += 1
        elif reading.distinct >= decision.LEAST_SHINGLES:
            found = max(index.compare(reading), key=lambda pair: pair[1].probability, default=None)
            corrected = decision.says_corrected(article.title, article.body)
            if found and found[1].probability >= (decision.CORRECTED if corrected else decision.THRESHOLD):
                slot, comparison = found
                relation = Relation.REVISION if corrected else comparison.relation
                evidence = _SHINGLES | _NUMBERS * comparison.numbers_agree | _LEAD * comparison.lead_agrees
                root_id = self._repeat(entry, relation, slot, comparison.similarity, evidence)
                shared = passages(reading, comparison, PASSAGES)
                entry["passages"] = shared + [(0, 0)] * (PASSAGES - len(shared))
        packed = pack_id(article.id)
        entry["odd"] |= packed is None
        entry["id"] = np.void(packed or bytes(16))
        if not root_id:
            root_id, entry["root"], entry["root_id"] = article.id, position, entry["id"]
            entry["odd"] *= 3
            entry["root_published"] = _seconds(article.published_at)
        entry["cluster_copies"], entry["cluster_outlets"] = entry["copies"], entry["outlets"]
        index.post(entry)
        return Fingerprint(np.array([tuple(entry.values())], ENTRY), article.id, root_id, DEDUPE_VERSION)

    def _repeat(self, entry: dict[str, Any], relation: Relation, slot: int, similarity: float, evidence: int) -> str:
        """Write that an entry repeats the article in a slot; gives the id of the cluster's original."""
        other = self._index.entries[slot]
        root = self._index.at(int(other["root"]))
        cluster = self._index.entries[root] if root >= 0 else other
        entry["relation"], entry["similarity"], entry["evidence"] = RELATIONS.index(relation), similarity, evidence
        entry["root"], entry["root_published"] = other["root"], other["root_published"]
        entry["root_id"] = other["root_id"]
        entry["odd"] = int(other["odd"]) & 2
        entry["copies"], entry["outlets"] = cluster["cluster_copies"] + 1, cluster["cluster_outlets"] | entry["outlets"]
        return self._index.ids(slot)[1]


def warm_up() -> None:
    """Have everything compiled: some seconds where no earlier run left it on disk, else half a second."""
    words = [f"word{number}" for number in range(40)]
    index = Deduplicator(2)
    for number, order in enumerate((words, words[:-4], words[3:], words[::-1])):
        index.check(CleanArticle(url=f"https://{number}.example/", body=" ".join(order)))
    again = Deduplicator(2)
    again.remember(index.judge(CleanArticle(url="https://last.example/", body=" ".join(words)), "last", 0))
    again.judge(CleanArticle(url="https://next.example/"), "next", 1)


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0.0
