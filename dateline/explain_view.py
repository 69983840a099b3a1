"""A judgement for people: every string of the news goes through `safe`, none through markup."""

from collections.abc import Iterable
from typing import Any, Final

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from dateline.terminal import safe

#: What is shown of a long list, and of a long line, without --whole.
LINES, CHARACTERS, WORDS = 8, 240, 6
_COLORS: Final = {"enriched": "green", "duplicate": "yellow", "rejected": "yellow"}
#: Fields of the article with the one that says where they came from.
_FIELDS: Final = (
    ("title", "title_from"),
    ("authors", "authors_from"),
    ("published_at", "published_at_from"),
    ("updated_at", "updated_at_from"),
    ("date_doubts", ""),
    ("language", "language_from"),
    ("source", ""),
    ("section", ""),
    ("dateline", ""),
    ("home_country", ""),
    ("url", ""),
)


def show(console: Console, judgement: dict[str, Any], names: dict[str, str], *, whole: bool) -> None:
    """Print one judgement. `names`: file and position of the articles before it, by id."""
    event, outcome = judgement["event"], judgement["outcome"]
    console.print(Rule(safe(f"{judgement['file']}:{judgement['position']}"), align="left", style="dim"))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    verdict = event.get("verdict", {})
    table.add_row("outcome", Text(outcome.replace("_", " "), style=f"bold {_COLORS.get(outcome, 'red')}"))
    if judgement["reason"]:
        table.add_row("reason", safe(f"{judgement['reason']}: {judgement['detail']}"))
    if verdict:
        table.add_row("relation", safe(_relation(verdict, names)))
    if "body" in event:
        _article(table, event)
    if removed := event.get("removed"):
        table.add_row("cut", safe(" · ".join(f"{row['count']} {row['rule']}" for row in removed)))
    versions = [event.get("clean_version"), verdict.get("version"), event.get("topics_version")]
    versions.append(event.get("regions", {}).get("version"))
    table.add_row("versions", safe(", ".join(filter(None, versions))))
    console.print(table)
    if judgement["cut"]:
        console.print("not kept", style="dim")
        for line in _shortened(judgement["cut"], whole=whole):
            console.print(Padding(Text(f"– {safe(line)}", style="strike dim"), (0, 0, 0, 2)))
    if "body" in event:
        console.print("kept", style="dim")
        for text in _marked(event, whole=whole):
            console.print(Padding(text, (0, 0, 0, 2)))
    console.print()


def _article(table: Table, event: dict[str, Any]) -> None:
    for name, origin in _FIELDS:
        value = event.get(name)
        if value:
            words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            table.add_row(name.replace("_", " "), _with_note(words, event.get(origin)))
    if event.get("truncated"):
        table.add_row("truncated", "only the free part before a paywall is here")
    for topic in event.get("topics", []):
        table.add_row("topic", _scored(f"{topic['label']} {topic['code']}", topic))
    regions = event.get("regions", {})
    for country in regions.get("countries", []):
        table.add_row("country", _scored(f"{country['name']} {country['iso2']}", country))
    if areas := ", ".join(area["name"] for area in regions.get("areas", [])):
        table.add_row("areas", safe(areas))
    for name, why in (("topic", event.get("topics_abstained")), ("country", regions.get("abstained"))):
        if why:
            table.add_row(name, _with_note("none", why))


def _relation(verdict: dict[str, Any], names: dict[str, str]) -> str:
    if not verdict.get("duplicate_of"):
        return str(verdict["relation"])
    of = names.get(verdict["duplicate_of"], verdict["duplicate_of"])
    evidence = ", ".join(verdict.get("evidence", []))
    return f"{verdict['relation']} of {of}, similarity {verdict['similarity']:.2f}, by {evidence}"


def _scored(name: str, judged: dict[str, Any]) -> Text:
    words = dict.fromkeys(safe(row["text"]) for row in judged.get("evidence", []))
    return Text.assemble((f"{judged['score']:.2f} ", "bold"), safe(name), ("  " + " · ".join([*words][:WORDS]), "cyan"))


def _with_note(value: str, note: str | None) -> Text:
    return Text.assemble(safe(value), (f"  ({safe(note)})" if note else "", "dim"))


def _marked(event: dict[str, Any], *, whole: bool) -> Iterable[Text]:
    """The paragraphs; marked is what spoke for a topic or a country, underlined what the original has, too."""
    body = Text(safe(event["body"], lines=True))
    countries = event.get("regions", {}).get("countries", [])
    for judged, style in ((event.get("topics", []), "bold cyan"), (countries, "bold magenta")):
        for row in (row for one in judged for row in one.get("evidence", [])):
            if row.get("field") == "body":
                body.stylize(style, row["start"], row["end"])
    for passage in event.get("verdict", {}).get("passages", []):
        body.stylize("underline", passage["start"], passage["end"])
    lines = body.split("\n")
    yield from lines if whole else lines[:LINES]
    if len(lines) > LINES and not whole:
        yield Text(f"… and {len(lines) - LINES} more lines; --whole shows them", style="dim")


def _shortened(lines: list[str], *, whole: bool) -> Iterable[str]:
    yield from lines if whole else (_ended(line) for line in lines[:LINES])
    if len(lines) > LINES and not whole:
        yield f"… and {len(lines) - LINES} more; --whole shows them"


def _ended(line: str) -> str:
    return line if len(line) <= CHARACTERS else line[:CHARACTERS] + "…"
