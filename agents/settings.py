"""Everything that can be configured, in one class, from `DATELINE_*` environment variables."""

import os
import socket
import ssl
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Settings of all stages and commands. Sizes are bytes and times are seconds, unless a name says otherwise."""

    model_config = SettingsConfigDict(env_prefix="DATELINE_", extra="forbid")

    # -- broker
    broker: str = Field("127.0.0.1:9092", description="Bootstrap servers, host:port, separated by commas.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    ssl_cafile: Path | None = None

    # -- names
    topic_prefix: str = Field("news", description="First part of every topic name.")
    group_prefix: str = Field("dateline", description="First part of every consumer group.")
    instance: str = Field(
        default_factory=socket.gethostname, description="Tells the workers of one stage apart; stable over restarts."
    )

    # -- topics
    partitions: int = Field(4, ge=1, description="Of every topic that the table gives no count.")
    replication: int = Field(1, ge=1)
    # Each limit leaves room for what the next stage adds; a dead letter carries base64, which is 4/3 of the bytes.
    raw_max_bytes: int = 12 * MEBIBYTE
    clean_max_bytes: int = 14 * MEBIBYTE
    deadletter_max_bytes: int = 20 * MEBIBYTE

    # -- delivery
    static_membership: bool = Field(True, description="A killed worker gets its partitions back at once (KIP-345).")
    # 1.5 s to the first record after kill -9 with static membership, 4.8 s without, at 6 s (notes/faust.md, §11).
    session_timeout: float = 6.0
    commit_interval: float = Field(0.2, description="How often acknowledged offsets are committed.")
    delivery_timeout: float = Field(30.0, description="One try to deliver an output; it is tried again until it is in.")
    # Under the grace of container and supervisor (60 s), over two deadlines of the slowest page.
    stop_timeout: float = Field(40.0, description="A worker that has not ended so long after SIGTERM ends itself.")
    window_records: int = Field(256, ge=1, description="Records in flight in one worker.")
    window_bytes: int = Field(64 * MEBIBYTE, ge=1, description="Bytes in flight in one worker.")
    attempts: int = Field(2, ge=1, description="How often a record is tried before it becomes a dead letter.")
    data_dir: Path = Field(Path("var"), description="Small local state: journals of records in flight, heartbeats.")

    # -- clean
    clean_children: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    clean_deadline: float = Field(10.0, description="Of one page; the slowest of 2,133 real pages took under 2.")
    clean_memory: int = Field(1024 * MEBIBYTE, description="Address space of a cleaning child.")
    clean_recycle: int = Field(2000, description="Pages after which a child is replaced: lxml's caches grow.")

    # -- classify
    classify_children: int = Field(1, ge=1)
    classify_deadline: float = 5.0
    classify_memory: int = Field(2048 * MEBIBYTE, description="Address space; the models' files are mapped into it.")
    classify_recycle: int = 100_000

    # -- dedupe and trends
    dedupe_memory: int = Field(1_000_000, ge=1, description="Articles remembered, a partition of news.clean.")
    dedupe_age: float = Field(30 * 86400.0, gt=0, description="Articles older than the newest by more are forgotten.")
    trends_window: int = Field(3600, ge=1)
    trends_keep: int = Field(48, ge=1, description="Windows that can still grow; older events are counted nowhere.")
    # What an upstream stage repeats after a crash lies within its window and the records of one commit interval.
    trends_memory: int = Field(10_000, ge=1, description="Newest records of a partition whose origins are remembered.")
    # The window holds the records of one interval: 256 in 0.2 s are 1,280 a second.
    trends_interval: float = Field(0.2, description="How often changed counts are published.")

    # -- route
    routes: Path = Field(Path("deploy/routes.toml"), description="Rules file of the route stage.")

    # -- the live page
    dashboard_host: str = Field("127.0.0.1", description="Where `dateline serve` listens; it asks for no password.")
    dashboard_port: int = Field(8040, ge=0, le=65535, description="0 takes a free one.")
    dashboard_names: str = Field("", description="Further names that browsers may use for it, separated by commas.")
    dashboard_stories: int = Field(10_000, ge=1, description="The newest that are held; older ones stay on the topics.")
    dashboard_bytes: int = Field(96 * MEBIBYTE, ge=1, description="Of packed events; a story takes about 4 kB.")
    dashboard_listeners: int = Field(64, ge=1, description="Browsers that may listen for what is new at once.")

    @model_validator(mode="after")
    def _sizes_fit(self) -> Self:
        if not self.raw_max_bytes < self.clean_max_bytes < self.deadletter_max_bytes:
            raise ValueError("raw_max_bytes < clean_max_bytes < deadletter_max_bytes must hold")
        return self

    def topic(self, name: str) -> str:
        """Full name of a topic of the table: `raw` is `news.raw`."""
        return f"{self.topic_prefix}.{name}"

    def max_bytes(self, name: str) -> int:
        """Largest record that a topic takes."""
        sizes = {"raw": self.raw_max_bytes, "deadletter": self.deadletter_max_bytes}
        return sizes.get(name, self.clean_max_bytes)

    def ssl_context(self) -> ssl.SSLContext | None:
        """Context for the encrypted protocols, None for the others."""
        if "SSL" not in self.security_protocol:
            return None
        return ssl.create_default_context(cafile=self.ssl_cafile and str(self.ssl_cafile))

    def client(self) -> dict[str, object]:
        """Arguments that every aiokafka client takes."""
        arguments: dict[str, object] = {
            "bootstrap_servers": self.broker,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context(),
        }
        if "SASL" in self.security_protocol:
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password.get_secret_value(),
            }
        return arguments
