"""Topics beside tf-idf with a linear model, trained in the same run on the same articles (three quarters of an hour).

    python benchmarks/topic.py [--json FILE]

What the shipped model has learned from is no test of it. So both models here learn without labelled/dev and without
whole sources (`UNSEEN`) of topic/train, and are asked about those; the languages that labelled has no articles of are
asked in news pages of extract/fundus and in `tests/unit/test_topic_items.tsv`, short items written for this alone.
Data and scorers come from the shared folder (`DATELINE_SHARED`).
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from topic_reasons import deeper_topics, evidence_holds

from pipeline.classify import topic_encoder
from pipeline.classify.topic_documents import LABELLED_WEIGHT, NO_NEWS, articles, read_lines, readings, terms
from pipeline.classify.topic_model import TopicModel, unpack
from pipeline.classify.topics import judge_topics
from pipeline.classify.train_topics import read_vocabularies, train
from pipeline.events import CleanArticle

#: Short items of one to three sentences, and titles with leads.
UNSEEN = ("wcep", "agnews")
BINS = 15
ITEMS = Path(__file__).parents[1] / "tests/unit/test_topic_items.tsv"
#: News pages of 2023 to 2026 in 14 languages (extract/fundus), read for this by the author: id, topics.
PAGES = Path(__file__).parent / "topic_fundus.tsv"
#: What a worker does before its first article. VmHWM is its own; ru_maxrss would count ours at the fork.
READY = """
import time
from pathlib import Path
from pipeline.classify.topic_encoder import encoder
from pipeline.classify.topics import judge_topics
from pipeline.events import CleanArticle
encoder()
judge_topics(CleanArticle(url="https://example.org/a", body="A line of plain text about Lisbon and its banks."))
print(time.process_time(), Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""

Row = dict[str, Any]
Judge = Callable[[Row], list[dict[str, Any]]]


def scorer(name: str) -> Any:
    """A script of the shared tools as a module."""
    path = shared() / f"tools/{name}.py"
    if (spec := importlib.util.spec_from_file_location(name, path)) is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shared() -> Path:
    """The folder with data and scorers."""
    return Path(os.environ.get("DATELINE_SHARED", "../shared"))


def items() -> list[Row]:
    """The items written for this, one topic each."""
    lines = [line.split("\t") for line in ITEMS.read_text(encoding="utf-8").splitlines()]
    return [
        {
            "id": f"{lang}-{code}",
            "lang": lang,
            "title": title,
            "text": text,
            "topics": [f"{code}000000"],
            "source": "item",
        }
        for lang, code, title, text in lines
    ]


def pages() -> list[Row]:
    """The news pages of fundus that were read for this."""
    truth = json.loads((shared() / "data/extract/fundus/truth.json").read_text(encoding="utf-8"))
    lines = [line.split("\t") for line in PAGES.read_text(encoding="utf-8").splitlines()]
    return [
        {
            "id": page,
            "lang": truth[page].get("lang") or "und",
            "title": truth[page]["title"],
            "text": truth[page]["articleBody"],
            "topics": [f"{code}000000" for code in codes.split(",")],
        }
        for page, codes in lines
    ]


def article(row: Row) -> CleanArticle:
    return CleanArticle(url="https://example.org/a", title=row["title"], body=row["text"], language=row["lang"])


def shipped(model: TopicModel) -> Judge:
    """Judgement by our model."""
    return lambda row: [topic.model_dump() for topic in judge_topics(article(row), model)[0]]


def baseline(without: Sequence[str]) -> Judge:
    """tf-idf of words and pairs with a linear support vector machine; no probabilities."""
    told = {article: topics for article, topics in readings().items() if topics != [NO_NEWS]}
    rows = [r for r in read_lines(shared() / "data/topic/train.jsonl.gz") if r["source"] not in without]
    read = [r for r in read_lines(shared() / "data/labelled/train.jsonl.gz") if r["topics"]]
    read += [{**r, "topics": told[r["id"]]} for r in rows if r["id"] in told]
    dedup = (
        {**r, "id": f"dedup:{r['id']}", "title": r["title"] or ""}
        for r in read_lines(shared() / "data/dedup/dev.jsonl.gz")
    )
    read += [{**r, "topics": told[r["id"]]} for r in dedup if r["id"] in told]
    rows = [r for r in rows if r["id"] not in told]
    texts = [f"{r['title']} {r['title']} {r['text'][:1200]}" for r in [*rows, *read]]
    weights = [1.0] * len(rows) + [LABELLED_WEIGHT] * len(read)
    machine = make_pipeline(
        TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2), LinearSVC(class_weight="balanced")
    )
    machine.fit(texts, [r["label"] for r in rows] + [r["topics"][0] for r in read], linearsvc__sample_weight=weights)
    return lambda row: [
        {"code": str(machine.predict([f"{row['title']} {row['title']} {row['text'][:1200]}"])[0]), "score": 0.0}
    ]


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error: distance of score and share right, by bins of equal width."""
    scores, right = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    return float(sum(abs((scores[place == b] - right[place == b]).sum()) for b in range(BINS)) / len(pairs))


def figures(judge: Judge) -> dict[str, float]:
    """Every row of the table that the open data can answer."""
    read = read_lines(shared() / "data/labelled/dev.jsonl.gz")
    said = {row["id"]: {"topics": judge(row), "countries": []} for row in read}
    labelled = scorer("score_labelled")
    rows = [(labelled.normalise(row), said[row["id"]]) for row in read]
    found = {}
    for name, part in (("all", rows), *((lang, [r for r in rows if r[0]["lang"] == lang]) for lang in ("en", "de"))):
        found[f"read: {name}, right"] = labelled.topics(part)["accuracy"]
    whole = labelled.topics(rows)
    found["read: macro-F1"] = whole["macro_f1"]
    found["read: kept at .7"], found["read: right of those"] = whole["at_0.7"].values()
    answered = [(d, p["topics"][0]) for d, p in rows if p["topics"] and d["mains"]]
    pairs = [(first["score"], first.get("top", first["code"]) in d["mains"]) for d, first in answered]
    found["read: calibration error"] = calibration_error(pairs)
    written = items()
    right: dict[str, list[bool]] = {}
    for row in written:
        first = (judge(row) or [{"code": ""}])[0]
        right.setdefault(row["lang"], []).append(first.get("top", first["code"]) == row["topics"][0])
    found["items: all languages, right"] = float(np.mean([hit for hits in right.values() for hit in hits]))
    found |= {f"items: {lang}, right": float(np.mean(hits)) for lang, hits in right.items()}
    told = [(row["topics"], (judge(row) or [{"code": ""}])[0]) for row in pages()]
    hits = [first.get("top", first["code"]) == topics[0] for topics, first in told]
    found["fundus pages, right"] = float(np.mean(hits))
    unseen = [r for r in read_lines(shared() / "data/topic/dev.jsonl.gz") if r["source"] in UNSEEN]
    answers = [(row, (judge(row) or [{"code": "", "score": 0.0}])[0]) for row in unseen]
    scored = [{**row, "pred": first.get("top", first["code"]), "score": first["score"]} for row, first in answers]
    summary = scorer("score_topic").summary(scored)
    return found | {"unseen sources: macro-F1": summary["macro_f1"], "unseen sources: micro-F1": summary["micro_f1"]}


def speed(judge: Judge) -> float:
    """Articles a second of processor time over labelled/dev, after a first pass over ten."""
    rows = read_lines(shared() / "data/labelled/dev.jsonl.gz")
    for row in rows[:10]:
        judge(row)
    start = time.process_time()
    for row in rows:
        judge(row)
    return len(rows) / (time.process_time() - start)


def reasons(model: TopicModel) -> dict[str, float]:
    """Evidence on articles that the model has not learned from, deeper topics on all that were read."""
    dev, learned = (read_lines(shared() / f"data/labelled/{part}.jsonl.gz") for part in ("dev", "train"))
    found = evidence_holds([row for row in dev if row["topics"]], lambda article: judge_topics(article, model)[0])
    return found | deeper_topics([row for row in [*learned, *dev] if row["topics"]])


def costs(model: TopicModel) -> dict[str, float]:
    """Speed with and without the encoder, size, memory and start of a process that judges."""
    found = {"articles a second": speed(shipped(model))}
    with patch("pipeline.classify.topics.encoder", return_value=None):
        found["articles a second, encoder off"] = speed(shipped(model))
    told = subprocess.run([sys.executable, "-c", READY], check=True, capture_output=True, text=True).stdout.split()
    found["ready after seconds of processor time"] = float(told[0])
    found["memory of such a process, MB"] = int(told[1]) / 1024
    data = Path(topic_encoder.__file__).parent / "data"
    return found | {"model on disk, MB": sum(f.stat().st_size for f in data.glob("topic*")) / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="Write the figures there, too.")
    target = parser.parse_args().json
    rows, words = read_vocabularies(shared())
    reader = topic_encoder.required_encoder()
    seen = list(articles(shared(), reader, parts=("train",), without=UNSEEN))
    model = unpack(train(seen, list(terms(rows, words, reader)), rows, words))
    del seen
    ours, plain = figures(shipped(model)) | reasons(model) | costs(model), figures(baseline(UNSEEN))
    print(f"{'':40}{'Dateline':>10}{'tf-idf':>10}")
    for name, value in ours.items():
        beside = f"{plain[name]:10.3f}" if name in plain else ""
        print(f"{name:40}{value:10.3f}{beside}")
    if target is not None:
        target.write_text(json.dumps({"dateline": ours, "tf-idf": plain}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
