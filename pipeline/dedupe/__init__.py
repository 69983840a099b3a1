"""Dedupe: what an article is to those before it.

A verdict is a function of the article's position in the log and of what stood before it: an article is never judged
against one that came later, and an origin that was judged gets its answer again. So a redelivery, a restart or a
replayed log gives the same verdicts, whatever the index already holds.
"""

from collections import deque

from rensa import RMinHashLSH

from pipeline.dedupe.fingerprint import EVIDENCE, PERMUTATIONS, Fingerprint, Keys
from pipeline.events import CleanArticle, Origin, Relation, Verdict

DEDUPE_VERSION = "dedupe-1"
#: Jaccard similarity of three-word shingles from which an article is a copy: best F1 on the development stream.
THRESHOLD = 0.33
# A text that was cut, or spun shorter, has a low similarity with a longer one: there it is a copy where this share of
# the shorter one's shingles is in both. Below CANDIDATE the estimate is mostly noise (F1 .976 with this rule at .6 and
# .2, .965 without, .954 at .55 and .15).
CONTAINED, CANDIDATE = 0.6, 0.2
# 64 bands of 2 rows: a pair at .2 becomes a candidate with probability 1-(1-.2^2)^64 = .93, one at .33 with .999
# (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4).
BANDS = 64
# From here on a copy is the same text re-set; below, it was reworded or cut.
_NEAR = 0.6
# A cut copy keeps what it keeps to the letter, and one text is longer by as much; what was reworded overlaps less.
_CUT, _LONGER = 0.8, 1.3
REMEMBERED = 1_000_000


class Deduplicator:
    """A bounded memory of articles, oldest forgotten first. One for each partition of `news.clean`."""

    def __init__(self, remember: int = REMEMBERED) -> None:
        self._remember = remember
        self._lsh = RMinHashLSH(threshold=CANDIDATE, num_perm=PERMUTATIONS, num_bands=BANDS)
        self._entries: dict[int, Fingerprint] = {}
        self._order: deque[int] = deque()
        self._by_origin: dict[str, int] = {}
        self._by_url: dict[bytes, list[int]] = {}
        self._by_text: dict[bytes, list[int]] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._entries)

    def check(self, article: CleanArticle, origin: tuple[str, int, int] | None = None) -> Verdict:
        """Judge an article, then remember it. Without an origin each call is a record of its own."""
        place = Origin(*origin) if origin else article.origin
        return self.judge(article, str(tuple(place)) if place else f"#{self._next}", self._next).verdict

    def judge(self, article: CleanArticle, origin: str, position: int) -> Fingerprint:
        """Judge the article at a position of the log, remember it, and give what to write to the changelog.

        `origin` names the raw record: a second delivery of it gets the first one's verdict.
        """
        known = self._by_origin.get(origin)
        if known is not None:
            return self._entries[known]
        keys = Keys.of(article)
        fingerprint = Fingerprint(position, article.id, origin, keys, self._verdict(keys, position))
        self.remember(fingerprint)
        return fingerprint

    def remember(self, fingerprint: Fingerprint) -> None:
        """Take a judged article into the memory: from `judge`, or from the changelog after a restart."""
        position, keys = fingerprint.position, fingerprint.keys
        if position in self._entries:
            return
        self._entries[position] = fingerprint
        self._order.append(position)
        self._by_origin[fingerprint.origin] = position
        self._by_url.setdefault(keys.url, []).append(position)
        self._by_text.setdefault(keys.text, []).append(position)
        if keys.signature is not None:
            self._lsh.insert(position, keys.signature)
        self._next = max(self._next, position + 1)
        if len(self._order) > self._remember:
            self._forget(self._order.popleft())

    def _verdict(self, keys: Keys, position: int) -> Verdict:
        same_text = self._before(self._by_text.get(keys.text, ()), position)
        if same_text:
            return self._copy(Relation.EXACT, same_text[0], 1.0)
        same_page = self._before(self._by_url.get(keys.url, ()), position)
        if same_page:
            first = same_page[0]
            texts = {entry.keys.text for entry in same_page}
            return self._copy(Relation.REVISION, first, _similarity(keys, first.keys), revision=len(texts))
        if keys.signature is not None:
            candidates = self._before(self._lsh.query(keys.signature), position)
            scored = [(_similarity(keys, entry.keys), -entry.position, entry) for entry in candidates]
            copied = [row for row in scored if _is_copy(keys, row[2].keys, row[0])]
            if copied:
                similarity, _, best = max(copied, key=lambda row: row[:2])
                return self._copy(_relation(keys, best.keys, similarity), best, similarity)
        return Verdict(relation=Relation.ORIGINAL, version=DEDUPE_VERSION)

    def _before(self, positions: object, position: int) -> list[Fingerprint]:
        """The remembered articles among these that stand before a position, first one first."""
        earlier = sorted(p for p in positions if p < position)  # type: ignore[attr-defined]  # rensa has no stubs
        return [self._entries[p] for p in earlier if p in self._entries]

    @staticmethod
    def _copy(relation: Relation, of: Fingerprint, similarity: float, revision: int = 0) -> Verdict:
        return Verdict(
            relation=relation,
            duplicate_of=of.original,
            similarity=round(min(1.0, similarity), 3),
            evidence=EVIDENCE[relation],
            revision=revision,
            version=DEDUPE_VERSION,
        )

    def _forget(self, position: int) -> None:
        entry = self._entries.pop(position)
        self._by_origin.pop(entry.origin, None)
        for index, key in ((self._by_url, entry.keys.url), (self._by_text, entry.keys.text)):
            index[key].remove(position)
            if not index[key]:
                del index[key]
        if entry.keys.signature is not None:
            self._lsh.remove(position)


def _similarity(keys: Keys, other: Keys) -> float:
    """Estimated Jaccard similarity of two articles' shingles."""
    if keys.signature is None or other.signature is None:
        return 0.0
    return float(keys.signature.jaccard(other.signature))


def _contained(keys: Keys, other: Keys, similarity: float) -> float:
    """Share of the shorter text's shingles that are in both: it follows from Jaccard similarity and the two sizes."""
    return similarity * (keys.shingles + other.shingles) / (1 + similarity) / min(keys.shingles, other.shingles)


def _is_copy(keys: Keys, other: Keys, similarity: float) -> bool:
    contained = _contained(keys, other, similarity)
    return similarity >= THRESHOLD or (similarity >= CANDIDATE and contained >= CONTAINED)


def _relation(keys: Keys, other: Keys, similarity: float) -> Relation:
    """Which kind of copy."""
    if similarity >= _NEAR:
        return Relation.NEAR
    shorter, longer = sorted((keys.shingles, other.shingles))
    cut = _contained(keys, other, similarity) >= _CUT and longer >= _LONGER * shorter
    return Relation.PARTIAL if cut else Relation.SPUN
