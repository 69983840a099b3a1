"""What dedupe reads of a text: its words and shingles as numbers, and the sketch that is remembered of it."""

import hashlib
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.dedupe import kernels
from pipeline.dedupe.words import KINDS, READS, tokenise

#: Words in a shingle. Three find reworded copies that five miss (docs/decisions/0003).
SHINGLE_WORDS = 3
#: Shingles kept of an article: those with the smallest hashes, a fair sample (bottom-k; Cohen and Kaplan 2007). The
#: standard error of a containment of .5 is .067.
SKETCH = 56
#: Numbers kept of an article.
NUMBERS = 12
#: Words that are read; the digest of the exact text covers all of them. 99.9 % of news has fewer than 6,000.
MOST_WORDS = 16_384


def digest(text: bytes) -> int:
    """64 bits that name a text."""
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


class Reading:
    """The words of a text (hashes, uint64), where they stand (code points), and its shingles (uint32)."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        words, self.spans = np.empty(len(codes), np.uint64), np.empty((len(codes), 2), np.uint32)
        self._numeric = np.empty(len(codes), np.bool_)
        self.count = tokenise(codes, KINDS, READS, words, self.spans, self._numeric)
        self.words = words[: self.count]
        shingles = np.empty(min(self.count, MOST_WORDS), np.uint32)
        made = kernels.shingle(words, len(shingles), SHINGLE_WORDS, shingles)
        self.shingles = shingles[:made]
        size = 1 << max(4, (2 * made).bit_length())
        self.table, self.where = np.zeros(size, np.uint32), np.zeros(size, np.int32)
        self.distinct: int = kernels.gather(self.shingles, self.table, self.where)

    @cached_property
    def exact(self) -> int:
        """Digest of all words in their order."""
        return digest(self.words.tobytes())

    @cached_property
    def sketch(self) -> NDArray[np.uint32]:
        """The smallest distinct hashes in order, filled up with 0."""
        kept = np.zeros(SKETCH, np.uint32)
        kernels.smallest(self.table, self.distinct, kept)
        return kept

    @cached_property
    def early(self) -> int:
        """Mask of the sketch: shingles that first stand in the first quarter of the text."""
        return int(kernels.in_lead(self.sketch, self.table, self.where, len(self.shingles)))

    @cached_property
    def numbers(self) -> NDArray[np.uint16]:
        """Distinct numbers of the text, 16 bits of a hash each, never 0, in order; all of them."""
        found = np.empty(self.count, np.uint16)
        return found[: kernels.numbers(self.words, self._numeric, found)]
