"""The files of an export: the schema of its rows, and writers of Parquet and JSON Lines."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from agents.settings import MEBIBYTE
from pipeline.events import EnrichedArticle, Origin

#: What a group of rows, which is held until it is written, has at most: records, and bytes of their events.
GROUP_ROWS, GROUP_BYTES = 5_000, 32 * MEBIBYTE
_TIME = pa.timestamp("us", tz="UTC")
_TOPIC = pa.struct([("code", pa.string()), ("top", pa.string()), ("label", pa.string()), ("score", pa.float32())])
_COUNTRY = pa.struct([("iso2", pa.string()), ("name", pa.string()), ("score", pa.float32())])
_AREA = pa.struct([("m49", pa.string()), ("name", pa.string()), ("score", pa.float32())])
SCHEMA: Final = pa.schema(
    [
        ("id", pa.string()),
        ("url", pa.string()),
        ("canonical_url", pa.string()),
        ("source", pa.string()),
        ("title", pa.string()),
        ("body", pa.string()),
        ("language", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("published_at", _TIME),
        ("updated_at", _TIME),
        ("fetched_at", _TIME),
        ("enriched_at", _TIME),
        ("home_country", pa.string()),
        ("section", pa.string()),
        ("truncated", pa.bool_()),
        ("topics", pa.list_(_TOPIC)),
        ("countries", pa.list_(_COUNTRY)),
        ("areas", pa.list_(_AREA)),
        ("relation", pa.string()),
        ("revision", pa.int32()),
        ("revision_of", pa.string()),
        ("origin", pa.string()),
        ("clean_version", pa.string()),
        ("dedupe_version", pa.string()),
        ("topics_version", pa.string()),
        ("regions_version", pa.string()),
        ("meta", pa.string()),
    ]
)


@dataclass(frozen=True)
class Exported:
    """An enriched event: as it is on the topic, as a model, and where and when it came."""

    value: bytes
    article: EnrichedArticle
    origin: Origin
    time: datetime


class ParquetWriter:
    """Rows in groups, zstd."""

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def write(self, event: Exported) -> None:
        """Hold a row; write the group when it is full."""
        self._rows.append(_row(event))
        self._bytes += len(event.value)
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._flush()

    def close(self) -> None:
        """Write the last group and the footer."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, SCHEMA))
            self._rows.clear()
            self._bytes = 0


class JsonLinesWriter:
    """Events as they are on the topic, one a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, event: Exported) -> None:
        """Write one; a line end inside an event stands between its fields and may be a space."""
        self._file.write(event.value.replace(b"\n", b" ") + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


WRITERS: Final[dict[str, type[ParquetWriter | JsonLinesWriter]]] = {
    ".parquet": ParquetWriter,
    ".jsonl": JsonLinesWriter,
}


def _row(event: Exported) -> dict[str, Any]:
    """An article as a row of the schema."""
    article = event.article
    same = {name: getattr(article, name) for name in SCHEMA.names if name in EnrichedArticle.model_fields}
    return same | {
        "topics": [topic.model_dump() for topic in article.topics],
        "countries": [country.model_dump() for country in article.regions.countries],
        "areas": [area.model_dump() for area in article.regions.areas],
        "enriched_at": event.time,
        "relation": article.verdict.relation.value,
        "origin": "/".join(map(str, event.origin)),
        "dedupe_version": article.verdict.version,
        "regions_version": article.regions.version,
        "meta": json.dumps(article.meta, ensure_ascii=False),
    }
