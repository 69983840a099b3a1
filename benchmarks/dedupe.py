"""De-duplication: quality on the development stream, and rate, memory and recovery, beside rensa and datasketch.

    make bench-dedupe            DATELINE_SHARED=../shared; MILLION=1 for the long run

One core, one run. The rates are of CPU time from text to verdict, on the stream's articles, in a memory that holds so
many others already: made-up entries with sketches distributed like real ones.
"""

import argparse
import gzip
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from datasketch import MinHash, MinHashLSH
from rensa import RMinHash, RMinHashLSH

from agents.memory import BATCH
from agents.segments import SEGMENT, Segments
from pipeline.dedupe import Deduplicator, warm_up
from pipeline.dedupe.entry import ENTRY, MAGIC
from pipeline.dedupe.reading import SKETCH
from pipeline.events import CleanArticle

SHARED = Path(os.environ.get("DATELINE_SHARED", "../shared"))
STREAM = SHARED / "data/dedup/dev.jsonl.gz"
PAIRS = SHARED / "data/dedup/dev_pairs.jsonl.gz"
TIMED = 1500
#: Jaccard similarity from which the baselines call a pair copies.
BASELINE = 0.5


def articles(rows: list[dict[str, Any]]) -> list[CleanArticle]:
    return [
        CleanArticle(
            id=row["id"], url=row["url"] or f"urn:row:{n}", title=row["title"] or "", body=row["text"],
            source=row["source"], published_at=row["published"],
        )
        for n, row in enumerate(rows)
    ]  # fmt: skip


def score(rows: list[dict[str, Any]], found: list[str | None]) -> dict[str, Any]:
    path = Path("var/bench-dedupe.jsonl")
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        "".join(json.dumps({"id": r["id"], "duplicate_of": f}) + "\n" for r, f in zip(rows, found, strict=True))
    )
    command = [
        sys.executable,
        SHARED / "tools/score_dedup.py",
        "--truth",
        STREAM,
        "--pairs",
        PAIRS,
        "--pred",
        path,
        "--json",
    ]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)[
        "all"
    ]
    return result


def show(name: str, result: dict[str, Any], rate: float) -> None:
    recall = " / ".join(f"{result['relation_recall'][k][0]:.3f}" for k in ("near", "spun", "partial", "revision"))
    hard = result["hard_negatives_merged"]["all"][0]
    print(f"{name:22} F1 {result['f1']:.3f}  near/spun/partial/revision {recall}  hard {hard:.2%}  {rate:,.0f}/s")


def baseline(name: str, rows: list[dict[str, Any]]) -> None:
    """MinHash of word 5-grams at .5, the first candidate wins."""
    lsh = (
        RMinHashLSH(threshold=BASELINE, num_perm=128, num_bands=32)
        if name == "rensa"
        else MinHashLSH(threshold=BASELINE)
    )
    found: list[str | None] = []
    sketches: dict[int, Any] = {}
    started = time.process_time()
    for number, row in enumerate(rows):
        words = row["text"].lower().split()
        grams = {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}
        if name == "rensa":
            sketch = RMinHash(num_perm=128, seed=1)
            sketch.update(list(grams))
            hits = [h for h in lsh.query(sketch) if sketch.jaccard(sketches[h]) >= BASELINE] if number else []
        else:
            sketch = MinHash(num_perm=128)
            sketch.update_batch([gram.encode() for gram in grams])
            hits = lsh.query(sketch)
        sketches[number] = sketch
        found.append(rows[min(hits)]["id"] if hits else None)
        lsh.insert(number, sketch)
    rate = len(rows) / (time.process_time() - started)
    show(f"{name} MinHash .5", score(rows, found), rate)


def fill(index: Deduplicator, count: int) -> None:
    """Remember made-up articles of 100 to 1,500 shingles; one in ten holds a template of 12 shingles."""
    rng = np.random.default_rng(1)
    for position in range(count):
        row = np.zeros(1, ENTRY)
        entry = row[0]
        shingles = int(rng.integers(100, 1500))
        sketch = rng.integers(1, 2**32 * SKETCH // shingles if shingles > SKETCH else 2**32, SKETCH, dtype=np.uint32)
        if position % 10 == 0:
            sketch[:12] = np.arange(1, 13) * 7919 + position // 10 % max(1, count // 10_000) * 131_071
        entry["magic"], entry["position"], entry["root"], entry["texts"] = MAGIC, position, position, 1
        entry["sketch"], entry["shingles"] = np.sort(sketch), shingles
        entry["origin"], entry["url"], entry["text"] = rng.integers(1, 2**63, 3)
        entry["id"] = entry["root_id"] = rng.bytes(16)
        index._index.post(entry)  # noqa: SLF001 - as a judgement would
        index._index.add(row, {}, math.inf, posted=True)  # noqa: SLF001
    index._next = count  # noqa: SLF001


def come_back(index: Deduplicator) -> tuple[float, float]:
    """Seconds of CPU to take in what an index holds: as records of the changelog, and from segments on local disk.

    The reading of the topic itself comes on top of the first.
    """
    held = index._index  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        segments = Segments(Path(folder), len(index))
        for start in range(0, len(index), SEGMENT):
            end = min(len(index), start + SEGMENT)
            segments.write(start, [held.fingerprint(at, "").to_bytes() for at in range(start, end)])
        again, spent = Deduplicator(len(index)), 0.0
        started = time.process_time()
        for _, records in segments.read():
            taken = time.process_time()
            for at in range(0, len(records), BATCH):
                again.remember(records[at : at + BATCH])
            spent += time.process_time() - taken
        return spent, time.process_time() - started


def ours(rows: list[dict[str, Any]], remembered: int) -> float:
    news, before = articles(rows), psutil.Process().memory_info().rss
    index = Deduplicator(remembered + len(rows))
    fill(index, remembered)
    grown = psutil.Process().memory_info().rss - before
    verdicts = [index.check(article) for article in news[:-TIMED]]
    started = time.process_time()
    verdicts += [index.check(article) for article in news[-TIMED:]]
    rate = TIMED / (time.process_time() - started)
    ids = {row["id"]: row for row in rows}
    found = [v.duplicate_of if v.duplicate_of in ids else None for v in verdicts]
    show(f"Dateline, {remembered:,}", score(rows, found), rate)
    pairs = [(r["relation"], str(v.relation)) for r, v in zip(rows, verdicts, strict=True)
             if v.duplicate_of in ids and ids[v.duplicate_of]["cluster"] == r["cluster"]]  # fmt: skip
    print(f"{'':22} relation right {sum(a == b for a, b in pairs) / len(pairs):.3f}"
          f"  wrong: {Counter(p for p in pairs if p[0] != p[1]).most_common(4)}")  # fmt: skip
    taken_in, from_disk = come_back(index)
    print(f"{'':22} {grown / remembered:,.0f} bytes an article, {ENTRY.itemsize} of them the entry; back again in"
          f" {from_disk:.1f} s from local disk, {taken_in:.1f} s and the reading from the topic")  # fmt: skip
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million", action="store_true", help="with a million remembered, too: some minutes")
    parser.add_argument("--alone", action="store_true", help="leave out rensa and datasketch")
    arguments = parser.parse_args()
    with gzip.open(STREAM, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    if not arguments.alone:
        baseline("rensa", rows)
        baseline("datasketch", rows)
    warm_up()
    counts = [10_000, 100_000, 1_000_000][: 3 if arguments.million else 2]
    rates = [ours(rows, count) for count in counts]
    print(f"the rate at {counts[-1]:,} remembered over that at {counts[0]:,}: {rates[-1] / rates[0]:.2f}")


if __name__ == "__main__":
    main()
