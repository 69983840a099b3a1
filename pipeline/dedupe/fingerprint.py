"""What dedupe keeps of an article: its page, its exact text, its MinHash signature, and the verdict it got."""

import hashlib
import re
import struct
import unicodedata
from dataclasses import dataclass
from typing import Self

from rensa import RMinHash

from pipeline.events import CleanArticle, Relation, Verdict
from pipeline.urls import canonical_url

# 128 permutations estimate a Jaccard similarity of .5 with a standard error of .044 (Broder 1997: sqrt(J(1-J)/k)).
PERMUTATIONS = 128
_SEED = 1
# Words in a shingle. Three find reworded copies that five miss (docs/decisions/0003 has the measurements).
SHINGLE_WORDS = 3
# Chinese, Japanese and Thai write no spaces: there a shingle is a run of letters.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|[^\W_]+")
_HEAD = struct.Struct("<q8s8sIBfHHHH")
_RELATIONS = tuple(Relation)
#: Which keys met, by relation.
EVIDENCE = {relation: ["minhash"] for relation in Relation} | {
    Relation.ORIGINAL: [],
    Relation.EXACT: ["text"],
    Relation.REVISION: ["url"],
}


def words(text: str) -> list[str]:
    """Words of a text without case, punctuation and typographic variants."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(slots=True)
class Keys:
    """Keys of an article: digests of its canonical URL and of its words, how many shingles it has, their signature.

    The signature is None where the text has fewer words than a shingle.
    """

    url: bytes
    text: bytes
    shingles: int
    signature: RMinHash | None

    @classmethod
    def of(cls, article: CleanArticle) -> Self:
        """Compute the keys. A few hundred microseconds for an article of 500 words."""
        tokens = words(article.body)
        shingles = {" ".join(tokens[i : i + SHINGLE_WORDS]) for i in range(len(tokens) - SHINGLE_WORDS + 1)}
        signature = None
        if shingles:
            signature = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
            signature.update(list(shingles))
        url = article.canonical_url or canonical_url(article.url)
        # An article of no words at all is told apart by its title, or by its address.
        text = " ".join(tokens) or "\0" + (article.title or url)
        return cls(_digest(url), _digest(text), len(shingles), signature)


@dataclass(slots=True)
class Fingerprint:
    """A remembered article. `position` is its offset in the judged log, `origin` that of its raw record."""

    position: int
    id: str
    origin: str
    keys: Keys
    verdict: Verdict

    @property
    def original(self) -> str:
        """Id of the original of the article's cluster: its own where it is one."""
        return self.verdict.duplicate_of or self.id

    def to_bytes(self) -> bytes:
        """Pack for the changelog: about 750 bytes. The evidence of a verdict follows from its relation."""
        verdict = self.verdict
        duplicate_of, signature = (verdict.duplicate_of or "").encode(), b""
        if self.keys.signature is not None:
            signature = self.keys.signature.__getstate__()
        parts = (self.id.encode(), self.origin.encode(), duplicate_of)
        head = _HEAD.pack(
            self.position,
            self.keys.url,
            self.keys.text,
            self.keys.shingles,
            _RELATIONS.index(verdict.relation),
            verdict.similarity,
            verdict.revision,
            *map(len, parts),
        )
        return b"".join([head, *parts, signature])

    @classmethod
    def from_bytes(cls, data: bytes, version: str) -> Self:
        """Unpack. Raises struct.error or ValueError for bytes that are no fingerprint."""
        position, url, text, shingles, relation, similarity, revision, *lengths = _HEAD.unpack_from(data)
        parts, at = [], _HEAD.size
        for length in lengths:
            parts.append(data[at : at + length].decode())
            at += length
        signature = None
        if data[at:]:
            signature = RMinHash(num_perm=PERMUTATIONS, seed=_SEED)
            signature.__setstate__(data[at:])
        if relation >= len(_RELATIONS):
            raise ValueError(f"relation {relation} is not known")
        verdict = Verdict(
            relation=_RELATIONS[relation],
            evidence=EVIDENCE[_RELATIONS[relation]],
            duplicate_of=parts[2] or None,
            similarity=round(similarity, 3),
            revision=revision,
            version=version,
        )
        return cls(position, parts[0], parts[1], Keys(url, text, shingles, signature), verdict)
