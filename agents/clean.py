"""clean: `news.raw` → `news.clean` or `news.rejected`, in child processes."""

from agents.facts import Facts
from agents.record import Output, Record, format_origin
from agents.settings import Settings
from agents.stage import Stage
from agents.workers import ChildPool


def stage(settings: Settings, target: str = "agents.clean_child:clean_record") -> Stage:
    """The stage; `target` is what its children run."""
    pool = ChildPool(
        target,
        children=settings.clean_children,
        deadline=settings.clean_deadline,
        memory=settings.clean_memory,
        recycle=settings.clean_recycle,
    )

    limits = settings.page.model_dump_json().encode()

    async def work(record: Record) -> list[Output]:
        topic, key, event, facts = await pool.run(format_origin(record.origin), record.value or b"", limits)
        return [Output(topic.decode(), key, event, facts=Facts.from_bytes(facts))]

    # A raw page may be megabytes: few of them wait outside the window, which alone counts bytes.
    return Stage("clean", ("raw",), work, start=pool.start, stop=pool.stop, buffer=16)
