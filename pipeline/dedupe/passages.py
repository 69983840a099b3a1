"""Where in the newcomer the shared passages stand, from the places of the shingles that it shares with a sketch."""

from itertools import pairwise

from pipeline.dedupe.decision import Comparison
from pipeline.dedupe.reading import SHINGLE_WORDS, SKETCH, Reading

#: Code points into a body that an entry can name; 99.9 % of news is shorter.
FARTHEST = 65_535


def passages(reading: Reading, comparison: Comparison, most: int) -> list[tuple[int, int]]:
    """The longest passages, in the order of the text: start and end in code points.

    A sketch holds one shingle in `step`, so hits that are no more than three steps apart are one passage (a gap that
    long comes by chance in 5 % of the steps), and its ends may lie a step off.
    """
    step = max(1, comparison.older_shingles // SKETCH)
    places = sorted(comparison.hits.tolist())
    breaks = [at for at, (one, two) in enumerate(pairwise(places), 1) if two - one > 3 * step + SHINGLE_WORDS]
    runs = [(places[a], places[b - 1]) for a, b in zip([0, *breaks], [*breaks, len(places)], strict=True)]
    longest = sorted(runs, key=lambda run: run[0] - run[1])[:most]
    spans = reading.spans
    found = [(int(spans[first, 0]), int(spans[last + SHINGLE_WORDS - 1, 1])) for first, last in sorted(longest)]
    return [(start, end) for start, end in found if end <= FARTHEST]
