"""De-duplication over several workers, simulated: `news.clean` routed by keys of each article to 2, 4 and 8 partitions.

    make bench-dedupe-shards     DATELINE_SHARED=../shared

A router sends an article to the partition of its exact text (mod n), to that of its page, and to those of the
smallest hashes of its sketch: two articles that share a quarter of their shingles share some of these, so they meet
where that hash lives. Each partition judges what it is sent against what it was sent. The article's home (its text's
partition) takes the best of the answers: the earliest original that any partition names.

Printed for each way: quality, copies sent an article (message amplification), hops (a message to each partition and
an answer to the home where that is another), and the share of the work of the busiest partition.
"""

import gzip
import json
from typing import Any

from dedupe import STREAM, articles, score

from pipeline.dedupe import Deduplicator, warm_up
from pipeline.dedupe.reading import Reading, digest
from pipeline.events import CleanArticle
from pipeline.urls import canonical_url

PARTITIONS = (2, 4, 8)
#: Smallest hashes of the sketch that an article is sent by; 0: by page and text alone.
BANDS = (0, 1, 2, 4, 8)


def homes(article: CleanArticle, partitions: int, bands: int) -> list[int]:
    """Partitions that an article is sent to, its home first."""
    reading = Reading(article.body)
    page = digest(canonical_url(article.url).encode("utf-8", "surrogatepass"))
    keys = [reading.exact, page, *(int(value) * 2654435761 >> 7 for value in reading.sketch[:bands] if value)]
    return list(dict.fromkeys(key % partitions for key in keys))


def simulate(rows: list[dict[str, Any]], partitions: int, bands: int) -> str:
    """Route and judge the stream; a line of the table."""
    workers = [Deduplicator(2 * len(rows)) for _ in range(partitions)]
    place = {row["id"]: number for number, row in enumerate(rows)}
    root: dict[str, str] = {}
    sent = [0] * partitions
    answers = 0
    found: list[str | None] = []
    for number, article in enumerate(articles(rows)):
        to = homes(article, partitions, bands)
        named = []
        for partition in to:
            sent[partition] += 1
            verdict = workers[partition].judge(article, str(number), number).verdict
            if verdict.duplicate_of:
                named.append(root.get(verdict.duplicate_of, verdict.duplicate_of))
        answers += len(to) - 1
        first = min(named, key=place.__getitem__, default=None)
        if first:
            root[article.id] = first
        found.append(first)
    result = score(rows, found)
    recall = " / ".join(f"{result['relation_recall'][kind][0]:.3f}" for kind in ("near", "spun", "partial", "revision"))
    hard = result["hard_negatives_merged"]["all"][0]
    return (
        f"| {partitions} | {bands} | {result['f1']:.3f} | {recall} | {hard:.2%} | {sum(sent) / len(rows):.2f} "
        f"| {(sum(sent) + answers) / len(rows):.2f} | {max(sent) / len(rows):.2f} |"
    )


def main() -> None:
    warm_up()
    with gzip.open(STREAM, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    print("| partitions | hashes | F1 | near / spun / partial / revision | hard negatives | copies | hops | busiest |")
    print("|---|---|---|---|---|---|---|---|")
    print(simulate(rows, 1, 0))
    for partitions in PARTITIONS:
        for bands in BANDS:
            print(simulate(rows, partitions, bands), flush=True)


if __name__ == "__main__":
    main()
