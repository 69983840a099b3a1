"""The one guarded runner that every stage is built with.

A stage gives it the topics to read and an async function `work(record) -> outputs`. The guard does the rest, once:
it reads raw bytes, keeps many records in flight and acknowledges in order, tries a failed record again, makes a dead
letter of what cannot be judged, awaits the delivery of every output, and acknowledges last. Stock Faust acknowledges
where a body raises, decodes or is cancelled (notes/faust.md, §1); none of that can happen to a record here:

- `work` raises: tried `attempts` times, then a dead letter with the reason. `BadRecord` is not tried again.
- the broker refuses an output for what it is: the record becomes a dead letter. For any other reason the delivery
  is tried again until it succeeds; meanwhile the window fills and the stage stops reading.
- most records become dead letters: the stage brakes (agents/brake.py). It stays up, holds what it has and reads no
  more until an operator restarts it: the stage is broken, not the news.
- the worker dies: the records in flight come back, one at a time; a record that kills alone is a dead letter.
- the guard itself fails: the worker ends with a status other than 0, nothing acknowledged, and a new one reads again.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import faust
from aiokafka.errors import InvalidMessageError, KafkaError, MessageSizeTooLargeError
from faust.tables import TableManager
from faust.types import TP, EventT, StreamT
from mode import CrashingSupervisor

from agents.brake import Brake
from agents.deadletters import dead_letter
from agents.failures import sentence
from agents.journal import BLAME_AFTER, InstanceInUse, Journal
from agents.observer import Observer
from agents.record import BadRecord, Headers, Output, Record, WorkFailed
from agents.settings import Settings
from agents.window import Window
from pipeline.events import DeadLetterReason

log = logging.getLogger(__name__)

Work = Callable[[Record], Awaitable[Sequence[Output]]]
Restore = Callable[[TP], Awaitable[None]]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
#: Errors of an output itself: no broker will take it, however often it is sent.
REFUSALS = (MessageSizeTooLargeError, InvalidMessageError)


class Braked(Exception):
    """The brake was pulled and the worker is asked to stop; what it holds comes again."""


@dataclass(frozen=True)
class Stage:
    """What a stage is: its name, the topics it reads (names of the table), the work, and what it holds.

    `work` takes a record and returns its outputs. It is called in order of offsets; state changes before its first
    await happen in that order. `restore`, where the stage keeps state, is awaited before the first record of a
    partition after each assignment. `resources` are started with the worker and stopped with it.
    """

    name: str
    consumes: tuple[str, ...]
    work: Work
    restore: Restore | None = None
    start: Callable[[], Awaitable[None]] | None = None
    stop: Callable[[], Awaitable[None]] | None = None
    #: Records that Faust may hold before the window, for each partition; raw pages are large, so few of them.
    buffer: int = 128
    #: Metrics of this stage alone, by name, asked when somebody looks.
    gauges: Mapping[str, Callable[[], float]] = field(default_factory=dict)


class _NoTables(TableManager):
    """No stage has a table of Faust's: its second of waiting for their registration would hold up every start."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


def build_app(stage: Stage, settings: Settings) -> faust.App:
    """Make the Faust app of a stage: one agent, guarded."""
    app = faust.App(
        settings.group(stage.name),
        broker=[f"kafka://{address}" for address in settings.broker.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=settings.session_timeout / 4,
        broker_commit_interval=settings.commit_interval,
        consumer_group_instance_id=f"{stage.name}-{settings.instance}" if settings.static_membership else None,
        producer_max_request_size=settings.deadletter_max_bytes,
        # 1,100-1,200 records/s against 740/s with the default of 16 kB (notes/faust.md, §11).
        producer_max_batch_size=256 * 1024,
        producer_linger=0.005,
        producer_request_timeout=settings.delivery_timeout,
        stream_buffer_maxsize=stage.buffer,
        stream_wait_empty=True,
        agent_supervisor=CrashingSupervisor,
        TableManager=_NoTables,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        # Faust tells members apart by this; the default holds the host name, which a new container changes while the
        # group still knows the instance, and the assignor then stops the worker (partition_assignor.py).
        canonical_url=f"http://{stage.name}-{settings.instance}:6066",
        worker_redirect_stdouts=False,
        datadir=str(settings.data_dir / f"faust-{stage.name}-{settings.instance}"),
    )
    Guard(stage, settings, app)
    return app


def _credentials(settings: Settings) -> Any:
    if settings.security_protocol == "PLAINTEXT":
        return None
    if settings.security_protocol == "SSL":
        return faust.SSLCredentials(context=settings.ssl_context())
    if settings.sasl_mechanism == "OAUTHBEARER":
        return faust.OAuthCredentials(oauth_cb=settings.token(), ssl_context=settings.ssl_context())
    return faust.SASLCredentials(
        username=settings.sasl_username,
        password=settings.secret("sasl_password"),
        mechanism=settings.sasl_mechanism,
        ssl_context=settings.ssl_context(),
    )


class Guard:
    """Runs the work of a stage on every record of its topics and sees each to its outcome."""

    def __init__(self, stage: Stage, settings: Settings, app: faust.App) -> None:
        self._stage = stage
        self._settings = settings
        self._app = app
        self._journal: Journal | None = None
        self._window = Window(settings.window_records, settings.window_bytes)
        self._brake = Brake(settings.brake_run, settings.brake_share, settings.brake_of)
        self._restored: set[TP] = set()
        self._topics: dict[str, Any] = {}
        self._observer = Observer(
            stage.name, settings, app, self._window.__len__, lambda: self._brake.reason, stage.gauges
        )
        app.agent(
            app.topic(
                *map(settings.topic, stage.consumes),
                key_type=bytes,
                value_type=bytes,
                key_serializer="raw",
                value_serializer="raw",
            ),
            name=stage.name,
        )(self._read)
        app.on_partitions_revoked.connect(cast("Any", self._forget))  # its type asks for an unnamed argument
        app.task(self._observer.beat)
        app.task(self._watch)

    # ------------------------------------------------------------------------------------------ records

    async def _read(self, stream: StreamT[Any]) -> None:
        """Read for ever: admit each record to the window; suspects of a killed worker go one at a time."""
        path = self._settings.data_dir / f"{self._stage.name}-{self._settings.instance}.inflight"
        try:
            self._journal = journal = self._journal or Journal(path, self._settings.window_records)
        except InstanceInUse as error:
            log.critical("%s: %s", self._stage.name, str(error))
            raise
        with self._observer.starting():
            if self._stage.start:
                await self._stage.start()
        log.info("%s: worker %d reads; %d records are suspects", self._stage.name, os.getpid(), len(journal))
        try:
            async for event in cast("faust.Stream[bytes]", stream).noack().events():
                message = event.message
                place = (message.topic, message.partition, message.offset)
                if self._brake.reason:
                    await self._window.drained()  # it holds a record: this waits for the stop
                if self._stage.restore and message.tp not in self._restored:
                    with self._observer.restoring(message.tp):
                        await self._stage.restore(message.tp)
                    self._restored.add(message.tp)
                deaths = journal.deaths(*place)
                if deaths is not None:
                    await self._window.drained()
                journal.started(*place, alone=deaths is not None)
                size = len(message.value or b"")
                await self._window.admit(message.tp, size, self._see_to(event, deaths or 0), event.ack)
                if deaths is not None:
                    await self._window.drained()
        finally:
            if self._stage.stop:
                await self._stage.stop()

    async def _see_to(self, event: EventT[bytes], deaths: int) -> None:
        """Take one record to its outcome: when this returns, every output is with the broker."""
        message = event.message
        record = Record(
            topic=message.topic,
            partition=message.partition,
            offset=message.offset,
            key=message.key,
            value=message.value,
            headers=list(cast("Headers", message.headers or [])),  # aiokafka gives pairs
            timestamp=message.timestamp or 0.0,
        )
        with self._observer.record(record) as seen:
            outputs = await self._outputs(record, deaths)
            headers_out = seen.worked()
            try:
                await asyncio.gather(*(self._deliver(output, headers_out) for output in outputs))
            except REFUSALS as error:
                outputs = [await self._dead_letter(record, DeadLetterReason.REFUSED, str(error), 1)]
                await self._deliver(outputs[0], headers_out)
            self._observer.delivered(seen, outputs)
        if all(output.topic != "deadletter" for output in outputs):
            self._brake.passed()
        self._finished(record)

    async def _outputs(self, record: Record, deaths: int) -> Sequence[Output]:
        """Call the work, again where it fails; what cannot be judged is a dead letter."""
        if record.value is None:
            return [await self._dead_letter(record, DeadLetterReason.NULL_VALUE, "the record has no value", 0)]
        if deaths >= BLAME_AFTER:
            error = f"the worker died {deaths} times with this record alone in flight"
            return [await self._dead_letter(record, DeadLetterReason.KILLED_WORKER, error, deaths)]
        attempt = 1
        while True:
            try:
                return await self._stage.work(record)
            except BadRecord as error:
                return [await self._dead_letter(record, error.reason, str(error), attempt)]
            except Exception as error:  # noqa: BLE001 - any failure of the work is an outcome of the record
                reason = error.reason if isinstance(error, WorkFailed) else DeadLetterReason.FAILED
                self._observer.failed(error)
                log.warning("%s: attempt %d at %s failed: %r", self._stage.name, attempt, record.origin, error)
                if attempt >= self._settings.attempts:
                    return [await self._dead_letter(record, reason, f"{type(error).__name__}: {error}", attempt)]
            await asyncio.sleep(_pause(attempt))
            attempt += 1

    async def _dead_letter(self, record: Record, reason: DeadLetterReason, error: str, attempts: int) -> Output:
        """Make a dead letter; where the brake is pulled, hold the record instead until the worker is to stop."""
        braked_before = self._brake.reason is not None
        if self._brake.dies():
            if not braked_before:
                log.critical(
                    "%s brakes: %s; the last: %r. It waits, and takes up there after a restart: mend the cause, then "
                    "stop this worker (%d)",
                    self._stage.name,
                    self._brake.reason,
                    error,
                    os.getpid(),
                )
            # Held, not in flight: it has killed nobody when the worker ends.
            self._finished(record)
            await self._app.wait_until_stopped()
            raise Braked(self._brake.reason)
        size = self._settings.deadletter_max_bytes
        return dead_letter(record, self._stage.name, reason, error, attempts, size)

    def _finished(self, record: Record) -> None:
        assert self._journal is not None, "records come after the journal is open"  # noqa: S101 - for the type checker
        self._journal.finished(record.topic, record.partition, record.offset)

    async def _deliver(self, output: Output, headers: Headers) -> None:
        """Publish and wait until the broker has it. Raises a refusal; tries again on anything else."""
        topic = self._topics.get(output.topic)
        if topic is None:
            topic = self._topics[output.topic] = self._app.topic(
                self._settings.topic(output.topic), key_serializer="raw", value_serializer="raw"
            )
        attempt = 1
        while True:
            try:
                sent = await topic.send(
                    key=output.key, value=output.value, partition=output.partition, headers=headers, force=True
                )
                await sent
            except Exception as error:
                cause = error if isinstance(error, KafkaError) else error.__cause__
                if isinstance(cause, REFUSALS):
                    raise cause from error
                if not isinstance(cause, KafkaError):
                    raise
                said = sentence(self._settings, cause)
                log.warning("%s: %s was not delivered, trying again: %r; %s", self._stage.name, topic, cause, said)
                await asyncio.sleep(_pause(attempt))
                attempt += 1
            else:
                return

    # ------------------------------------------------------------------------------------------- worker

    async def _forget(self, _app: Any, *args: Any, **_: Any) -> None:
        """Faust's signal: the partitions of this worker go; their state is read again when they come back."""
        revoked: set[TP] = args[0]
        self._restored -= revoked

    async def _watch(self) -> None:
        """End the worker if the guard fails. Faust's own shutdown waits for what will never be acknowledged."""
        error = await self._window.failure()
        if isinstance(error, Braked):
            log.critical("%s: ending with the brake pulled: %s", self._stage.name, error)
            await asyncio.sleep(2 * self._settings.commit_interval)  # what was acknowledged is committed
            logging.shutdown()
            os._exit(os.EX_TEMPFAIL)
        log.critical("%s: the guard failed, ending the worker", self._stage.name, exc_info=error)
        logging.shutdown()
        os._exit(os.EX_SOFTWARE)


def _pause(attempt: int) -> float:
    """Seconds before the next try: doubling, bounded."""
    return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)))
