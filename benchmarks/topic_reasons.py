"""What `benchmarks/topic.py` measures beside the first topic: evidence that is true to the model, and deeper topics."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.classify.features import extract
from pipeline.classify.topic_vocabulary import deepest, named_topics
from pipeline.events import CleanArticle, TopicScore

#: Deeper topics read by one person (the author, who saw topic, title and opening): id in labelled, code, does it fit.
DEEPER = Path(__file__).parent / "topic_deeper.tsv"
#: Articles whose evidence is taken out.
ARTICLES = 200
_WORD = re.compile(r"\w{2,}")

Row = dict[str, Any]
Place = tuple[str, int, int]


def evidence_holds(rows: list[Row], judge: Callable[[CleanArticle], list[TopicScore]]) -> dict[str, float]:
    """Share of articles where the first topic's score falls without its evidence, and by more than without others."""
    lower, more = [], []
    for number, row in enumerate(rows[:ARTICLES]):
        article = CleanArticle(url="https://example.org/a", title=row["title"], body=row["text"], language=row["lang"])
        if not (topics := judge(article)):
            continue
        first = topics[0]
        told = [(e.field, e.start, e.end) for e in first.evidence if e.field and e.start is not None and e.end]
        others = [
            (field, match.start(), match.end())
            for field, text in (("title", article.title), ("body", article.body))
            for match in _WORD.finditer(text)
            if not any(f == field and a < match.end() and match.start() < b for f, a, b in told)
        ]
        picked = np.random.default_rng(number).permutation(len(others))[: len(told)]
        without = _score(judge(_blank(article, told)), first.top)
        control = _score(judge(_blank(article, [others[place] for place in picked])), first.top)
        lower.append(without < first.score)
        more.append(without < control)
    return {"evidence out: score falls": float(np.mean(lower)), "… more than by other words": float(np.mean(more))}


def _blank(article: CleanArticle, places: list[Place]) -> CleanArticle:
    """The article with spaces at these places."""
    text = {"title": article.title, "body": article.body}
    for field, start, end in places:
        text[field] = text[field][:start] + " " * (end - start) + text[field][end:]
    return article.model_copy(update=text)


def _score(topics: list[TopicScore], top: str) -> float:
    return next((topic.score for topic in topics if topic.top == top), 0.0)


def deeper_topics(rows: list[Row]) -> dict[str, float]:
    """Share of articles that get more than a top-level topic, and share that fits of those judged by reading."""
    fits = {(id_, code): fit == "1" for id_, code, fit in (line.split("\t") for line in _lines())}
    given, hits = 0, []
    for row in rows:
        features = extract(row["title"], row["text"])
        code = deepest(named_topics(row["title"], row["text"], features, row["lang"]), row["topics"][0])
        given += code != row["topics"][0]
        if (row["id"], code) in fits:
            hits.append(fits[row["id"], code])
    return {"deeper: given": given / len(rows), "deeper: judged": len(hits), "deeper: fit": float(np.mean(hits))}


def _lines() -> list[str]:
    return DEEPER.read_text(encoding="utf-8").splitlines()
