"""How quickly the live page filters and shows ten thousand stories: `make bench-dashboard`.

Stories are made up: 300 words each of a vocabulary of 5,000, topics, countries and outlets by chance. Each request goes
through the whole server, over a socket, as a browser's does; printed is the time to the last byte of the page.
"""

import asyncio
import json
import random
import resource
import time
from types import SimpleNamespace

from aiohttp.test_utils import TestClient, TestServer

from dashboard.options import Options
from dashboard.pages import application
from dashboard.reader import Reader
from dashboard.store import Store
from dashboard.topics import TOPICS, ancestors

STORIES = 10_000
ROUNDS = 9
ASKED = (
    "/",
    "/?topic=04000000",
    "/?country=C7&language=de",
    "/?area=002",
    "/?relation=original",
    "/?words=w17+w203+w4001",
    "/?words=nothing-of-the-kind",
    "/map",
)


def fill(reader: Reader) -> None:
    """Put ten thousand stories in."""
    chance = random.Random(9)
    codes = sorted(TOPICS)
    for number in range(STORIES):
        chosen = chance.sample(codes, 2)
        countries = chance.sample(range(200), 2)
        value = {
            "id": f"id{number}",
            "url": f"https://outlet.example/{number}",
            "source": f"Outlet {chance.randrange(300)}",
            "title": f"Headline {number} of the day",
            "body": " ".join(f"w{chance.randrange(5000)}" for _ in range(300)),
            "language": chance.choice(["en", "de", "fr", "ja", "ar"]),
            "topics": [
                {"code": code, "top": list(ancestors(code))[-1], "label": TOPICS[code][0], "score": 0.5}
                for code in chosen
            ],
            "regions": {
                "countries": [{"iso2": f"C{n}", "name": f"Country {n}", "score": 0.5} for n in countries],
                "areas": [{"m49": f"{n % 20:03}", "name": f"Area {n % 20}", "score": 0.5} for n in countries],
            },
            "verdict": {"relation": "original"},
        }
        raw = json.dumps(value).encode()
        place = {"topic": "news.enriched", "partition": 0, "offset": number, "timestamp": number * 100, "headers": []}
        reader.take("enriched", SimpleNamespace(value=raw, **place))


async def main() -> None:
    options = Options(client={})
    store = Store(options)
    reader = Reader(options, store)
    began = time.perf_counter()
    fill(reader)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(store):,} stories read in {time.perf_counter() - began:.1f} s; the process holds {peak:.0f} MiB")
    async with TestClient(TestServer(application(options, store, reader.flow))) as client:
        for path in ASKED:
            times = []
            for _ in range(ROUNDS):
                began = time.perf_counter()
                page = await (await client.get(path)).read()
                times.append((time.perf_counter() - began) * 1000)
            times.sort()
            print(f"{path:32} median {times[ROUNDS // 2]:6.0f} ms, slowest {times[-1]:6.0f} ms, {len(page):,} bytes")


asyncio.run(main())
