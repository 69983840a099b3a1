"""Cleaning beside default trafilatura: body, metadata, wrong rejections and speed, over the same pages in one run.

    python benchmarks/clean.py [--json FILE]

Pages, truth and scorer come from the shared folder (`DATELINE_SHARED`). The baselines are what a user would write:
`trafilatura.bare_extraction(page, with_metadata=True)`, and trafilatura's single settings for the best of each set.
Speed is CPU time of this one process; the pages of all sets are taken in turn, so that noise meets both alike.
"""

import argparse
import base64
import gzip
import importlib.util
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import trafilatura
from trafilatura.settings import Document

from pipeline.clean import clean
from pipeline.clean.decode import decode
from pipeline.events import CleanArticle, RawArticle

SETS = ("scrapinghub", "fundus", "wcxb", "trafilatura")
FETCHED_AT = "2026-10-01T00:00:00Z"
SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "no comments": {"include_comments": False},
    "precision": {"include_comments": False, "favor_precision": True},
    "recall": {"include_comments": False, "favor_recall": True},
    "fast": {"include_comments": False, "fast": True},
}

HEADINGS = ("F1", "P", "R", "seg-F1", "title", "date", "auth-R", "auth-P", "lang", "reject")

Prediction = dict[str, Any]


def shared() -> Path:
    """The folder with data and scorers."""
    return Path(os.environ.get("DATELINE_SHARED", "../shared"))


def scorer() -> ModuleType:
    """`tools/score_extract.py` as a module."""
    spec = importlib.util.spec_from_file_location("score_extract", shared() / "tools/score_extract.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(shared() / "tools/score_extract.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truth(name: str) -> dict[str, Any]:
    """What the readers of a set found on its pages, by page."""
    found: dict[str, Any] = json.loads((shared() / "data/extract" / name / "truth.json").read_text(encoding="utf-8"))
    return found


def pages(name: str) -> Iterator[tuple[str, str, bytes]]:
    """Id, URL and bytes of each page of a set."""
    for key, entry in truth(name).items():
        content = gzip.decompress((shared() / "data/extract" / name / f"html/{key}.html.gz").read_bytes())
        yield key, entry["url"], content


def by_dateline(url: str, content: bytes) -> Prediction:
    """What `clean` says of a page; a rejection is an empty text with its reason."""
    raw = RawArticle.model_validate(
        {
            "url": url,
            "content": base64.b64encode(content).decode(),
            "content_type": "text/html",
            "fetched_at": FETCHED_AT,
        }
    )
    article = clean(raw)
    if not isinstance(article, CleanArticle):
        return {"articleBody": "", "rejected": f"{article.reason}: {article.detail}"}
    return {
        "articleBody": article.body,
        "title": article.title,
        "author": article.authors,
        "date": article.published_at.date().isoformat() if article.published_at else "",
        "lang": article.language,
    }


def by_trafilatura(content: bytes, *, metadata: bool, **setting: Any) -> Prediction:
    """What a plain call of trafilatura says of a page."""
    document = trafilatura.bare_extraction(decode(content, None)[0], with_metadata=metadata, **setting)
    if not isinstance(document, Document):
        return {"articleBody": ""}
    return {
        "articleBody": document.text or "",
        "title": document.title or "",
        "author": [name for name in (document.author or "").split("; ") if name],
        "date": document.date or "",
        "lang": document.language or "",
    }


def timed(seconds: list[float], call: Callable[[], Prediction]) -> Prediction:
    """The answer; its CPU time is added to `seconds`."""
    start = time.process_time()
    answer = call()
    seconds.append(time.process_time() - start)
    return answer


def score(module: ModuleType, name: str, predictions: dict[str, Prediction]) -> dict[str, float]:
    """Body, segments and metadata of a set, and the share of its pages that were rejected."""
    expected = truth(name)
    rows = module.body_rows(expected, predictions)
    result: dict[str, float] = {
        **(module.summarize(rows) if rows else {}),
        **module.segments(expected, predictions),
        **module.metadata(expected, predictions),
        **module.leaks(expected, predictions),
    }
    result["rejected"] = sum("rejected" in p for p in predictions.values()) / len(predictions)
    return result


def line(label: str, result: dict[str, float]) -> str:
    """One printed row."""
    shown = ("f1", "precision", "recall", "seg_f1", "title_exact", "date_exact", "author_recall", "author_precision")
    cells = [f"{result[key]:.4f}" if key in result else "   –  " for key in (*shown, "lang_exact", "rejected")]
    return f"{label:<26}" + "  ".join(f"{cell:>7}" for cell in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="Write Dateline's predictions and scores here.")
    parser.add_argument("--only", action="store_true", help="Dateline alone: no baselines.")
    arguments = parser.parse_args()
    module = scorer()
    print(f"{'':<26}" + "  ".join(f"{h:>7}" for h in HEADINGS))
    for _, url, content in itertools.islice(pages(SETS[0]), 10):  # word lists are read once a process
        by_dateline(url, content)
        by_trafilatura(content, metadata=True)
    ours_seconds: list[float] = []
    base_seconds: list[float] = []
    kept: dict[str, Any] = {}
    for name in SETS:
        ours: dict[str, Prediction] = {}
        base: dict[str, dict[str, Prediction]] = {setting: {} for setting in SETTINGS}
        for key, url, content in pages(name):
            ours[key] = timed(ours_seconds, lambda url=url, content=content: by_dateline(url, content))  # type: ignore[misc]
            if arguments.only:
                continue
            base["default"][key] = timed(base_seconds, lambda content=content: by_trafilatura(content, metadata=True))  # type: ignore[misc]
            for setting, options in list(SETTINGS.items())[1:]:
                base[setting][key] = by_trafilatura(content, metadata=False, **options)
        result = score(module, name, ours)
        kept[name] = {"score": result, "predictions": ours}
        print(line(f"{name}: dateline", result))
        if not arguments.only:
            for setting in SETTINGS:
                print(line(f"{name}: {setting}", score(module, name, base[setting])))
    print(f"dateline {len(ours_seconds) / sum(ours_seconds):.1f} pages/s of one core", end="")
    print(f", {sum(base_seconds) / sum(ours_seconds):.2f} × default trafilatura with metadata" if base_seconds else "")
    if arguments.json:
        arguments.json.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
