"""`dateline feed`: files of any known format to `news.raw`, from where the last run stopped, at a bounded rate."""

import hashlib
import json
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Annotated, Final, TextIO

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.settings import Settings, load
from dateline import feed, sources
from dateline.sources import EXPECTED, Format, Skip, SkipReason
from dateline.terminal import FAILED, WELL, ask, err, fail, out, safe

#: Faults of each kind that are named on the terminal; `--skipped` names them all.
NAMED: Final = 20
SAVE_SECONDS: Final = 1.0


class Progressed:
    """How far each file is in on each broker's topic: saved after delivery, so that a kill repeats a second at most."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.data_dir / "feed.json"
        self._where = f"{settings.broker} {settings.topic('raw')}"
        self._done: dict[str, int] = {}
        self._saved = 0.0
        with suppress(FileNotFoundError, ValueError):
            self._done = {str(key): int(done) for key, done in json.loads(self._path.read_text()).items()}

    def key(self, path: Path) -> str:
        """A file by its place, size and first bytes: another file of the same name starts anew."""
        with path.open("rb") as file:
            head = hashlib.blake2b(file.read(sources.HEAD), digest_size=16).hexdigest()
        return f"{self._where} {path.resolve()} {path.stat().st_size} {head}"

    def position(self, key: str) -> int:
        """Position of the last record of a file that was delivered."""
        return self._done.get(key, 0)

    def delivered(self, key: str, position: int) -> None:
        """Note a delivery; written to disk once a second, and at the end."""
        self._done[key] = position
        if monotonic() - self._saved > SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Write what is noted, in one piece."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".part")
        fresh.write_text(json.dumps(self._done, indent=1))
        fresh.replace(self._path)
        self._saved = monotonic()


class Feeding:
    """One run of the command: gives the records, and counts what was sent and what was not."""

    def __init__(
        self, settings: Settings, wanted: Format | None, progress: Progressed | None, log: TextIO | None
    ) -> None:
        self._settings, self._wanted, self._progress, self._log = settings, wanted, progress, log
        self.sent = self.bytes = 0
        self.skipped: Counter[SkipReason] = Counter()
        self._under_way: deque[tuple[str, int, int]] = deque()

    def records(self, files: list[Path]) -> Iterator[feed.RawRecord]:
        """The records of all files; what cannot be used is named and counted."""
        for path in files:
            try:
                key = self._progress.key(path) if self._progress else ""
                after = self._progress.position(key) if self._progress else 0
                with sources.open_file(path, self._settings) as file:
                    for position, content in sources.read(file, self._wanted, after):
                        if isinstance(content, Skip):
                            self._skip(path, position, content)
                        else:
                            self._under_way.append((key, position, len(content.value or b"")))
                            yield content
            except OSError as error:
                self._skip(path, 0, Skip(SkipReason.UNREADABLE, error.strerror or repr(error)))

    def delivered(self) -> None:
        """The oldest record under way is in."""
        key, position, size = self._under_way.popleft()
        self.sent += 1
        self.bytes += size
        if self._progress:
            self._progress.delivered(key, position)

    def _skip(self, path: Path, position: int, skip: Skip) -> None:
        self.skipped[skip.reason] += 1
        if self._log:
            row = {"file": str(path), "position": position, "reason": skip.reason, "detail": skip.detail}
            self._log.write(json.dumps(row) + "\n")
        if skip.reason not in EXPECTED and self.skipped[skip.reason] <= NAMED:
            err.print(safe(f"{path}:{position}: {skip.reason}: {skip.detail}"), soft_wrap=True)

    @property
    def faults(self) -> int:
        """What a file should not have held."""
        return sum(count for reason, count in self.skipped.items() if reason not in EXPECTED)


def feed_(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Files and folders; gzip is unpacked.")],
    wanted: Annotated[Format | None, typer.Option("--format", help="Else each file is looked at.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier --resume stopped.")] = False,  # noqa: FBT002 - an option
    rate: Annotated[float | None, typer.Option(min=0.001, help="At most so many records a second.")] = None,
    skipped: Annotated[Path | None, typer.Option(help="Write what is not sent here, as JSON Lines.")] = None,
) -> None:
    """Send what you have to news.raw: JSON Lines of RawArticle, HTML, WARC, RSS and Atom, news-please, fundus.

    What cannot be used is counted by reason; faults are named by file and position and do not stop the rest.
    """
    settings = load()
    chosen = list(sources.expand(files))
    if not chosen:
        fail("there are no files in there; hidden ones and links are passed over")
    progress = Progressed(settings) if resume else None
    log = skipped.open("w", encoding="utf-8") if skipped else None
    feeding = Feeding(settings, wanted, progress, log)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as shown:
            task = shown.add_task("feeding")

            def delivered() -> None:
                feeding.delivered()
                shown.update(task, description=f"{feeding.sent:,} sent, {feeding.bytes / 1e6:,.0f} MB")

            ask(settings, feed.send(settings, feeding.records(chosen), delivered, rate))
    finally:
        if progress:
            progress.save()
        if log:
            log.close()
    parts = ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(feeding.skipped.items()))
    out.print(f"{feeding.sent:,} sent, {feeding.skipped.total():,} skipped{parts and f' ({parts})'}", soft_wrap=True)
    if any(feeding.skipped[reason] > NAMED for reason in SkipReason if reason not in EXPECTED):
        err.print(f"The first {NAMED} of a kind were named; --skipped FILE names all.")
    raise typer.Exit(FAILED if feeding.faults else WELL)
