"""What the topic model learns from: articles, the IPTC vocabulary, and keywords cut into pseudo-articles."""

import gzip
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.classify.features import Features, extract
from pipeline.classify.topic_encoder import Encoder

SEED = 17
#: Articles of topic/train and of dedup/dev that were read for this project, openings of 850 characters: id (with
#: `dedup:` before those of dedup/dev), topics as in labelled, and how sure: 3, 2 (another reader might differ), 1.
READINGS = Path(__file__).parent / "data/topic_readings.tsv"
# Articles labelled by reading count twelve times: the others carry the sections of their outlets as labels.
LABELLED_WEIGHT = 12.0
# Keywords: each list is shuffled and cut into pseudo-articles of some twenty words, six times over, so that every word
# has more than the features' smallest number of documents.
PASSES, PSEUDO_WORDS, PSEUDO_WEIGHT = 6, 20, 4.0
NAMES_WEIGHT = 1.0
#: Stands for a topic where a reader found none: shops, forums, notices, lists. Sorts behind the codes.
NO_NEWS = "none"
# In the encoder's head an article by reading counts one, one by section little (its label is often another's), and
# keywords and names of Media Topics tie the languages together: five points where a language has no articles.
HEAD_SECTION_WEIGHT, HEAD_KEYWORDS_WEIGHT, HEAD_NAMES_WEIGHT = 0.02, 1.0, 0.5
# Keywords that the encoder reads in one go: what fits into its tokens in most languages.
HEAD_KEYWORDS = 14
# Names down to the third level are read in English, of the first two in the vocabulary's other languages.
HEAD_LEVEL, HEAD_LEVEL_OTHERS = 3, 2
HEAD_LANGUAGES = ("de", "fr", "es", "ar", "zh-Hans", "se", "no-NB", "pt-BR")
# Languages that have read articles besides English; see held_out.
BLIND = ("de", "fr")


class Document(NamedTuple):
    """A training document; `topics` has the main topic first."""

    features: Features
    topics: list[str]
    language: str
    weight: float
    vectors: NDArray[np.float32] | None = None
    """(3, 384) what the encoder makes of it; of articles."""
    read: bool = False
    """Labelled by reading, not by section."""
    section: str | None = None
    """The topic of its outlet's section, where it was read and has one."""
    tested: bool = False
    """Of labelled: `held_out` judges it by models that have not learned from it."""


class Term(NamedTuple):
    """Keywords, or the name and definition of a Media Topic, as the encoder reads them."""

    topic: str
    vectors: NDArray[np.float32]
    weight: float


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Objects of a gzipped JSON-lines file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def articles(
    shared: Path, reader: Encoder, parts: Sequence[str] = ("train", "dev"), without: Collection[str] = ()
) -> Iterator[Document]:
    """Articles by section (topic/train) and by reading (ours and all of labelled: `held_out` measures on labelled).

    A benchmark holds parts of labelled and sources of topic/train out.
    """
    rows = read_lines(shared / "data/topic/train.jsonl.gz")
    told = readings()
    for place in np.random.default_rng(SEED).permutation(len(rows)):
        row = rows[place]
        if row["source"] in without:
            continue
        if row["id"] in told:
            yield _read(row, told[row["id"]], reader)._replace(section=row["label"])
        else:
            vectors = reader.vectors(row["title"], row["text"])
            yield Document(extract(row["title"], row["text"]), [row["label"]], row["lang"], 1.0, vectors)
    for row in read_lines(shared / "data/dedup/dev.jsonl.gz"):
        if topics := told.get(f"dedup:{row['id']}"):
            yield _read({**row, "lang": "en", "title": row["title"] or ""}, topics, reader)
    for part in parts:
        for row in read_lines(shared / f"data/labelled/{part}.jsonl.gz"):
            yield _read(row, row["topics"] or [NO_NEWS], reader)._replace(tested=True)


def readings() -> dict[str, list[str]]:
    """Topics by id of what was read for this project; guesses are left out."""
    rows = [line.split("\t") for line in READINGS.read_text(encoding="utf-8").splitlines()]
    return {
        article: [NO_NEWS if code == NO_NEWS else f"{code}000000" for code in codes.split(",")]
        for article, codes, sure in rows
        if sure != "1"
    }


def _read(row: dict[str, Any], topics: list[str], reader: Encoder) -> Document:
    text = row["title"], row["text"]
    return Document(extract(*text), topics, row["lang"], LABELLED_WEIGHT, reader.vectors(*text), read=True)


def vocabulary_documents(vocabulary: dict[str, Any]) -> list[Document]:
    """One document a concept and language: its name, and its definition where there is one."""
    documents = []
    for concept in vocabulary["concepts"]:
        for language, name in concept["name"].items():
            definition = concept["definition"].get(language) or ""
            documents.append(
                Document(extract("", f"{name}. {definition}"), [concept["top"]], language[:2], NAMES_WEIGHT)
            )
    return documents


def keyword_documents(languages: dict[str, dict[str, list[str]]]) -> list[Document]:
    """Pseudo-articles of shuffled keywords, for languages without training articles."""
    chance = np.random.default_rng(SEED)
    return [
        Document(extract("", "\n".join(part)), [code], language, PSEUDO_WEIGHT)
        for language, topics in languages.items()
        for code, words in topics.items()
        for _ in range(PASSES)
        for part in np.array_split(chance.permutation(words), max(1, round(len(words) / PSEUDO_WORDS)))
    ]


def terms(vocabulary: dict[str, Any], languages: dict[str, dict[str, list[str]]], reader: Encoder) -> Iterator[Term]:
    """What ties the languages together in the encoder's head."""
    chance = np.random.default_rng(SEED)
    for topics in languages.values():
        for code, words in topics.items():
            if code == NO_NEWS:
                continue
            for part in np.array_split(chance.permutation(words), 2):
                yield Term(code, reader.vectors("", ", ".join(part[:HEAD_KEYWORDS])), HEAD_KEYWORDS_WEIGHT)
    for concept in vocabulary["concepts"]:
        if concept["retired"] or concept["level"] > HEAD_LEVEL:
            continue
        others = HEAD_LANGUAGES if concept["level"] <= HEAD_LEVEL_OTHERS else ()
        for language in ("en-GB", *others):
            if name := concept["name"].get(language):
                vectors = reader.vectors(name, concept["definition"].get(language) or "")
                yield Term(concept["top"], vectors, HEAD_NAMES_WEIGHT)
