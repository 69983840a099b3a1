"""classify: `news.unique` → `news.enriched`, in a child process."""

from agents.facts import Facts
from agents.record import Output, Record
from agents.settings import Settings
from agents.stage import Stage
from agents.workers import ChildPool


def stage(settings: Settings, target: str = "agents.classify_child:classify_record") -> Stage:
    """The stage; `target` is what its children run."""
    pool = ChildPool(
        target,
        children=settings.classify_children,
        deadline=settings.classify_deadline,
        memory=settings.classify_memory,
        recycle=settings.classify_recycle,
    )

    async def work(record: Record) -> list[Output]:
        key, event, facts = await pool.run(record.value or b"")
        return [Output("enriched", key, event, facts=Facts.from_bytes(facts))]

    return Stage("classify", ("unique",), work, start=pool.start, stop=pool.stop)
