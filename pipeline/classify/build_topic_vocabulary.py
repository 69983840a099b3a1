"""Write `data/topic_vocabulary.json.gz`: `python -m pipeline.classify.build_topic_vocabulary --shared ../shared`.

Reads the IPTC Media Topics as in ../shared/data/topic (CC BY 4.0, IPTC NewsCodes).
"""

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent / "data/topic_vocabulary.json.gz"
# Later variants of a language fill in what the first lacks.
LANGUAGES = {
    "en": ["en-GB", "en-US"],
    "de": ["de"],
    "fr": ["fr"],
    "es": ["es"],
    "pt": ["pt-PT", "pt-BR"],
    "sv": ["se"],
    "da": ["dk"],
    "no": ["no-NB", "no-NN"],
    "ar": ["ar"],
    "zh": ["zh-Hans"],
}


def successor(concept: dict[str, Any], concepts: dict[str, dict[str, Any]]) -> str:
    """The concept in use of the same English name under the same top, or the nearest one above."""
    name = concept["name"]["en-GB"]
    for other in concepts.values():
        if not other["retired"] and other["top"] == concept["top"] and other["name"].get("en-GB") == name:
            return str(other["code"])
    while concept["retired"]:
        concept = concepts[concept["parent"]]
    return str(concept["code"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    source = parser.parse_args().shared / "data/topic/iptc_mediatopics.json"
    rows = json.loads(source.read_text(encoding="utf-8"))
    concepts = {concept["code"]: concept for concept in rows["concepts"]}
    used: dict[str, Any] = {}
    for code, concept in concepts.items():
        if concept["retired"]:
            continue
        found = {
            language: name
            for language, variants in LANGUAGES.items()
            if (name := next((concept["name"][v] for v in variants if concept["name"].get(v)), None))
        }
        parent = concept["parent"]
        while parent and concepts[parent]["retired"]:
            parent = concepts[parent]["parent"]
        used[code] = [parent or None, found]
    for code, label in rows["top_level_used"].items():
        used[code][1]["en"] = label
    content = {
        "version": rows["version"],
        "concepts": used,
        "successors": {code: successor(c, concepts) for code, c in concepts.items() if c["retired"]},
    }
    OUT.write_bytes(gzip.compress(json.dumps(content, ensure_ascii=False).encode(), mtime=0))


if __name__ == "__main__":
    main()
