"""The contract as files: a JSON Schema for each event and one AsyncAPI 3 document, from the models and topic table."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic.json_schema import models_json_schema

from agents import metrics
from agents.settings import Settings
from pipeline.events import TOPICS, Event, RawArticle

FOLDER = Path("docs/contract")
METRICS_PAGE = "metrics.md"
ASYNCAPI_VERSION = "3.0.0"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """File name → text of every document; the same models give the same bytes."""
    models = {topic.model.__name__: topic.model for topic in TOPICS.values()}
    files = {
        f"{name}.schema.json": {"$schema": _DIALECT, **model.model_json_schema(mode=_mode(model))}
        for name, model in models.items()
    }
    files["asyncapi.json"] = _asyncapi()
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in files.items()}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write the documents, and the page of the metrics beside their folder; gives the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in documents().items():
        path = folder / name
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    paths.append(folder.parent / METRICS_PAGE)
    paths[-1].write_text(metrics.page(), encoding="utf-8")
    return paths


def _mode(model: type[Event]) -> Literal["validation", "serialization"]:
    """A raw article is described as scrapers may write it, every other event as Dateline writes it."""
    return "validation" if model is RawArticle else "serialization"


def _asyncapi() -> dict[str, Any]:
    settings = Settings.model_construct(topic_prefix="news")
    defaults = Settings.model_fields
    models = {topic.model.__name__: topic.model for topic in TOPICS.values()}
    _, schemas = models_json_schema(
        [(model, _mode(model)) for model in models.values()], ref_template="#/components/schemas/{model}"
    )
    channels, operations = {}, {}
    for topic in TOPICS.values():
        message = topic.model.__name__
        channels[topic.name] = {
            "address": settings.topic(topic.name),
            "description": f"Written by {topic.written_by}. Key: {topic.key}.",
            "messages": {message: {"$ref": f"#/components/messages/{message}"}},
            "bindings": {
                "kafka": {
                    "topic": settings.topic(topic.name),
                    "partitions": topic.partitions or defaults["partitions"].default,
                    "topicConfiguration": {"cleanup.policy": ["compact", "delete"] if topic.compacted else ["delete"]},
                    "bindingVersion": "0.5.0",
                }
            },
        }
        # From the side of Dateline: it receives what scrapers send, and sends everything else.
        action = "receive" if topic.written_by == "scrapers" else "send"
        operations[f"{action}_{topic.name}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{topic.name}"},
            "messages": [{"$ref": f"#/channels/{topic.name}/messages/{message}"}],
        }
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "Dateline",
            "version": "1.0.0",
            "description": "Raw articles in, enriched events out. Unknown fields of an event are kept.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {
                name: {
                    "name": name,
                    "title": name,
                    "summary": (model.__doc__ or "").partition("\n")[0],
                    "payload": {"$ref": f"#/components/schemas/{name}"},
                    "headers": {"$ref": "#/components/schemas/Headers"},
                }
                for name, model in models.items()
            },
            "schemas": {
                **schemas["$defs"],
                "Headers": {
                    "type": "object",
                    "description": "Kafka headers; times spent travel here as dateline-ms-<stage>, in milliseconds.",
                    "properties": {
                        "dateline-origin": {
                            "type": "string",
                            "description": "topic/partition/offset of the raw record.",
                        },
                        "dateline-raw-ms": {
                            "type": "string",
                            "description": "When the raw record was written, in milliseconds since 1970.",
                        },
                        "traceparent": {"type": "string", "description": "W3C trace context."},
                        "tracestate": {"type": "string"},
                    },
                },
            },
        },
    }
