"""Train `data/region_ranker.json`: `python -m pipeline.classify.region_train --shared ../shared`.

Reads `labelled/train.jsonl.gz` (read by readers) and the NYT index of `region/train.jsonl.gz` (indexers, headline and
sentence). Every outlet with a home country is read with it and without, so that the prior is learnt apart from the
outlet. Same inputs, same bytes. Needs numpy, scipy and scikit-learn; the pipeline itself does not.
"""

import argparse
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped,unused-ignore]
from sklearn.feature_extraction import DictVectorizer  # type: ignore[import-untyped,unused-ignore]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped,unused-ignore]

from pipeline.classify.region_prior import Prior
from pipeline.classify.region_ranker import (
    DATA,
    WORD_VALUE,
    Features,
    candidate_features,
    nothing_features,
    words_of,
)
from pipeline.classify.region_read import BODY_READ, read

#: Sources of one country's press; the others mix countries or carry no news.
HOMES = {"allsides": "US", "hyperp19": "US", "fnewscorpus": "US", "10kgnad": "AT", "bbc2005": "GB", "nyt-index": "US"}
#: Weights of a labelled article, of its reading without the home country, of its lead alone, of an indexed headline.
WHOLE, NO_HOME, LEAD_ALONE, HEADLINE = 1.0, 0.5, 0.2, 0.15
LEAD_LENGTH = 350
#: Words in fewer readings than this, of about 5,000, are not weighed.
LEAST_READINGS = 24
PENALTY = 2.0
#: Mark of a word among the features of "no country".
WORD = "word "


class Reading(NamedTuple):
    """An article as the ranker sees it, with its countries, most central first."""

    candidates: dict[str, Features]
    nothing: Features
    countries: list[str]
    weight: float
    source: str


def reading(article: dict[str, Any], home: str | None, weight: float, length: int = BODY_READ) -> Reading:
    title, body = article["title"] or "", article["text"][:length]
    _, mentions, _, layout, prior = read(title, body, article["lang"], Prior(home, "feed") if home else None)
    home = prior.iso2 if prior else None
    words = dict.fromkeys((WORD + word for word in words_of(f"{title}\n\n{body}" if title else body)), WORD_VALUE)
    return Reading(
        candidate_features(mentions, layout, home),
        nothing_features(mentions, layout, home) | words,
        article["countries"],
        weight,
        article["source"],
    )


def read_articles(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def readings(shared: Path) -> list[Reading]:
    result = []
    for article in read_articles(shared / "data/labelled/train.jsonl.gz"):
        home = HOMES.get(article["source"])
        result.append(reading(article, home, WHOLE))
        if home:
            result.append(reading(article, None, NO_HOME))
        result.append(reading(article, home, LEAD_ALONE, LEAD_LENGTH))
    indexed = read_articles(shared / "data/region/train.jsonl.gz")
    result += [reading(a, HOMES["nyt-index"], HEADLINE) for a in indexed if a["source"] == "nyt-index"]
    return without_rare_words(result)


def without_rare_words(rows: list[Reading]) -> list[Reading]:
    counts = Counter(name for row in rows for name in row.nothing)
    return [
        row._replace(
            nothing={
                name: value
                for name, value in row.nothing.items()
                if not name.startswith(WORD) or counts[name] >= LEAST_READINGS
            }
        )
        for row in rows
    ]


def fit_focus(rows: list[Reading]) -> Features:
    """Logistic regression: is this candidate among the countries."""
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([features for row in rows for features in row.candidates.values()])
    truth = [iso2 in row.countries for row in rows for iso2 in row.candidates]
    weight = [row.weight for row in rows for _ in row.candidates]
    model = LogisticRegression(C=1 / PENALTY, max_iter=3000, fit_intercept=False)
    model.fit(matrix, truth, sample_weight=weight)
    return dict(zip(vectors.get_feature_names_out(), map(float, model.coef_[0]), strict=True))


def fit_first(rows: list[Reading]) -> Features:
    """Softmax over each article's candidates and "no country"; others' first country is no candidate: left out."""
    rows = [row for row in rows if not row.countries or row.countries[0] in row.candidates]
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([features for row in rows for features in (*row.candidates.values(), row.nothing)])
    of = np.array([n for n, row in enumerate(rows) for _ in range(len(row.candidates) + 1)])
    truth = np.array(
        [answer == (row.countries[0] if row.countries else None) for row in rows for answer in (*row.candidates, None)],
        dtype=float,
    )
    weight = np.array([row.weight for row in rows])

    def loss(beta: Any) -> tuple[float, Any]:
        logits = matrix @ beta
        highest = np.full(len(rows), -np.inf)
        np.maximum.at(highest, of, logits)
        raised = np.exp(logits - highest[of])
        likely = raised / np.bincount(of, raised)[of]
        value = -(weight[of] * truth * np.log(likely + 1e-12)).sum() + PENALTY / 2 * beta @ beta
        return float(value), matrix.T @ (weight[of] * (likely - truth)) + PENALTY * beta

    found = minimize(loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return dict(zip(vectors.get_feature_names_out(), map(float, found.x), strict=True))


def train(rows: list[Reading]) -> dict[str, Features]:
    first = fit_first(rows)
    return {
        "focus": {name: round(value, 3) for name, value in fit_focus(rows).items()},
        "first": {name: round(value, 3) for name, value in first.items() if not name.startswith(WORD)},
        "words": {name.removeprefix(WORD): round(v, 3) for name, v in first.items() if name.startswith(WORD)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/labelled and data/region")
    table = train(readings(parser.parse_args().shared))
    text = json.dumps(table, indent=0, sort_keys=True, ensure_ascii=False) + "\n"
    DATA.write_text(text, "utf-8")
    print(f"{len(text):,} characters")


if __name__ == "__main__":
    main()
