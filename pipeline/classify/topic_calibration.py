"""Judges articles that the models have not seen, and learns from that how much each counts and what a score means."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from pipeline.classify.topic_documents import BLIND, NO_NEWS, SEED, Document, Term
from pipeline.classify.topic_fit import Floats, fit_head, fit_words, matrix, vectors
from pipeline.classify.topic_model import joint_shares, log_odds
from pipeline.classify.topic_sections import reread
from pipeline.classify.topics import MAX_TOPICS, NOT_NEWS, NOT_NEWS_MARGIN, UNSURE

FOLDS = 3
#: The score at which the report counts what is kept.
KEPT = 0.7


class HeldOut(NamedTuple):
    """Answers about articles that the models have not seen; rows are those that are news."""

    margins: Floats
    """(articles, 17)"""
    depths: Floats
    """(articles, 3, 17)"""
    topics: list[list[str]]
    languages: NDArray[np.str_]


def held_out(
    seen: Sequence[Document], pseudo: Sequence[Document], tied: Sequence[Term], codes: Sequence[str]
) -> list[HeldOut]:
    """Cross-validation on the articles of labelled, then German and French without their articles.

    The last part shows what a language gets from keywords and from the encoder alone, and calibrates such languages.
    """
    fold = np.random.default_rng(SEED).integers(FOLDS, size=len(seen))
    splits = [
        (
            [d for d, k in zip(seen, fold, strict=True) if not (d.tested and k == part)],
            [d for d, k in zip(seen, fold, strict=True) if d.tested and k == part],
        )
        for part in range(FOLDS)
    ]
    splits.append(([d for d in seen if d.language not in BLIND], [d for d in seen if d.tested and d.language in BLIND]))
    results = []
    for documents, test in splits:
        train = reread(documents, pseudo, tied, codes)
        model = fit_words([*train, *pseudo], codes)
        margins = np.asarray(matrix(test, model.keys, model.idf) @ model.weights + model.bias, dtype=np.float32)
        kept = [d.topics[0] != NO_NEWS for d in test]
        said = margins[:, NOT_NEWS] > NOT_NEWS_MARGIN
        print(f"no news: {said[~np.array(kept)].sum()} of {kept.count(False)}, and {said[kept].sum()} of news")
        news = [d for d, keep in zip(test, kept, strict=True) if keep]
        topics, languages = [d.topics for d in news], np.array([d.language for d in news])
        head, bias = fit_head(train, tied)
        depths = np.einsum("ndi,dic->ndc", vectors(news), head) + bias
        results.append(HeldOut(margins[kept, :NOT_NEWS], depths.astype(np.float32), topics, languages))
    return results


def calibrate(answers: Sequence[HeldOut], codes: Sequence[str]) -> dict[str, Floats]:
    """How much words and depths count at each stage, by likelihood; then curves for each stage and rank.

    A stage learns from what reaches it: the first from all.
    """
    margins, depths = np.concatenate([a.margins for a in answers]), np.concatenate([a.depths for a in answers])
    topics = [t for a in answers for t in a.topics]
    main = np.array([codes.index(t[0]) for t in topics])
    stages = depths.shape[1] + 1
    mix = np.zeros((stages, stages), dtype=np.float32)
    curves: dict[str, list[Floats]] = {"curves_main": [], "curves_further": []}
    reached = np.ones(len(main), dtype=bool)
    for stage in range(stages):
        rows = np.flatnonzero(reached)

        def shares(weights: Floats, rows: NDArray[np.intp] = rows, stage: int = stage) -> Floats:
            return joint_shares(weights.astype(np.float32), margins[rows], depths[rows, :stage])

        def loss(weights: Floats, rows: NDArray[np.intp] = rows) -> float:
            return float(-shares(weights)[np.arange(len(rows)), main[rows]].mean())

        start = np.append(1.0, np.full(stage, 0.5))
        mix[stage, : stage + 1] = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 400}).x
        found = shares(mix[stage, : stage + 1])
        for name, curve in zip(curves, fit_curves(found, [topics[row] for row in rows], codes), strict=True):
            curves[name].append(curve)
        print(
            f"stage {stage}: {len(rows)} articles, mix {mix[stage]}, right {(found.argmax(1) == main[rows]).mean():.3f}"
        )
        reached[rows] = np.exp(found.max(axis=1)) < UNSURE
    return {"mix": mix} | {name: np.array(rows) for name, rows in curves.items()}


def fit_curves(shares: Floats, topics: Sequence[Sequence[str]], codes: Sequence[str]) -> list[Floats]:
    """Logistic curves over log-odds, intercept and slope: of the first topic, and of the further ones."""
    order = np.argsort(-shares, axis=1)[:, :MAX_TOPICS]
    odds = np.take_along_axis(log_odds(shares), order, axis=1)
    labelled = np.array([[codes[c] in t for c in row] for row, t in zip(order, topics, strict=True)])
    first = np.array([codes[row[0]] == t[0] for row, t in zip(order, topics, strict=True)])
    found = []
    for x, hit in ((odds[:, 0], first), (odds[:, 1:].ravel(), labelled[:, 1:].ravel())):
        machine = LogisticRegression(C=1e3).fit(x[:, None], hit)
        found.append(np.array([machine.intercept_[0], machine.coef_[0, 0]], dtype=np.float32))
    return found


def cascade(answers: HeldOut, mix: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Logarithms of shares where each article ended, and the stage at which it did."""
    found = joint_shares(mix[0], answers.margins, answers.depths[:, :0])
    stage = np.zeros(len(found), dtype=np.intp)
    for deeper, row in enumerate(mix[1:], start=1):
        unsure = (stage == deeper - 1) & (np.exp(found.max(axis=1)) < UNSURE)
        stage[unsure] = deeper
        found = np.where(unsure[:, None], joint_shares(row, answers.margins, answers.depths[:, :deeper]), found)
    return found, stage


def report(answers: Sequence[HeldOut], codes: Sequence[str], fitted: dict[str, Floats]) -> None:
    """Share right and asked by language, F1 by topic and what is kept: cross-validation, then withheld languages."""
    for name, parts in (("cross-validation", answers[:FOLDS]), ("withheld", answers[FOLDS:])):
        main = np.array([codes.index(t[0]) for a in parts for t in a.topics])
        ends = [cascade(a, fitted["mix"]) for a in parts]
        shares, stage = np.concatenate([e[0] for e in ends]), np.concatenate([e[1] for e in ends])
        words = np.concatenate([a.margins for a in parts]).argmax(axis=1) == main
        said, languages = shares.argmax(axis=1), np.concatenate([a.languages for a in parts])
        for language in ("en", "de", "fr"):
            if (here := languages == language).any():
                asked = [round(float((stage[here] >= n).mean()), 2) for n in range(1, len(fitted["mix"]))]
                right = f"words {words[here].mean():.3f}, cascade {(said == main)[here].mean():.3f}"
                print(f"{name} {language}: {here.sum()} articles, {right}, asked {asked}")
        f1 = [
            2 * ((said == c) & (main == c)).sum() / max(1, (said == c).sum() + (main == c).sum())
            for c in range(len(codes))
        ]
        curve = fitted["curves_main"][stage]
        kept = 1 / (1 + np.exp(-(curve[:, 0] + curve[:, 1] * log_odds(shares).max(axis=1)))) >= KEPT
        print(f"{name}: right {(said == main).mean():.3f}, macro-F1 {np.mean(f1):.3f}, by topic {np.round(f1, 2)}")
        print(f"{name}: kept {kept.mean():.2f}, right of those {(said == main)[kept].mean():.3f}")
