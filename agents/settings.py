"""Everything that can be configured, in one class, from `DATELINE_*` environment variables."""

import os
import socket
import ssl
import sys
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, FilePath, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from agents.wire import Token
from pipeline.limits import DEFAULT_LIMITS, Limits

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Settings of all stages and commands. Sizes are bytes and times are seconds, unless a name says otherwise."""

    # Hidden in errors: the input of this model holds secrets.
    model_config = SettingsConfigDict(
        env_prefix="DATELINE_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    # -- broker
    broker: str = Field("127.0.0.1:9092", description="Bootstrap servers, host:port, separated by commas.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "PLAIN"
    sasl_username: str = ""
    # A secret stands in its variable or in a file that another names, never in both.
    sasl_password: SecretStr = SecretStr("")
    sasl_password_file: FilePath | None = None
    sasl_token: SecretStr = Field(SecretStr(""), description="For OAUTHBEARER.")
    sasl_token_file: FilePath | None = Field(None, description="Read anew for each connection: tokens are short-lived.")
    ssl_cafile: FilePath | None = Field(None, description="Who signed the broker's certificate; the system's, if none.")
    ssl_certfile: FilePath | None = Field(None, description="Certificate of the client, where the broker wants one.")
    ssl_keyfile: FilePath | None = None
    ssl_key_password: SecretStr = SecretStr("")
    ssl_key_password_file: FilePath | None = None

    # -- names
    topic_prefix: str = Field("news", description="First part of every topic name.")
    suffix: str = Field(
        "",
        pattern="^[A-Za-z0-9_-]{0,32}$",
        description="Names a second run beside the first: own groups, own topics, the same news.raw.",
    )
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
    # 256 pages of 96 kB, or two of the largest: more would only wait for a child (benchmarks/backpressure.py).
    window_bytes: int = Field(24 * MEBIBYTE, ge=1, description="Bytes in flight in one worker.")
    attempts: int = Field(2, ge=1, description="How often a record is tried before it becomes a dead letter.")
    # A bad deploy fails everything, poison comes by the dozen: the largest batch of it in the seeds is 25 in a row, and
    # 200 in 20,000 must go through. These leave at most 250 dead letters to replay.
    brake_run: int = Field(100, ge=1, description="Dead letters in a row at which a stage stops reading.")
    brake_share: float = Field(0.25, gt=0, le=1, description="Share of dead letters above which it does, too, …")
    brake_of: int = Field(1000, ge=1, description="… of so many of the last records.")
    # Over two attempts of the slowest page and the waits between them; a broker may be away for as long.
    stuck_after: float = Field(120.0, gt=0, description="A partition with work that has not moved for longer is stuck.")
    restore_patience: float = Field(900.0, gt=0, description="The same while state is read back: a million articles.")
    # The heartbeat shows it; the supervisor and compose act on it.
    restart_after: float = Field(60.0, gt=0, description="A worker that has not been live for longer is killed.")
    data_dir: Path = Field(Path("var"), description="Small local state: journals of records in flight, heartbeats.")

    # -- what an operator sees
    log_format: Literal["auto", "json", "human"] = Field(
        "auto", description="auto: human on a terminal, JSON elsewhere."
    )
    metrics_port: int = Field(
        0, ge=0, le=65535, description="Of /metrics, /live, /ready; 0: not served; `dateline up` counts on from it."
    )
    metrics_host: str = Field("127.0.0.1", description="Where they are served: anybody who gets there may read them.")
    restarts: int = Field(0, ge=0, description="The supervisor says here how often it started this worker again.")

    # -- feed
    # A year of a news feed's entries, or some thousands of articles as JSON; they are in memory twice.
    feed_max_bytes: int = Field(64 * MEBIBYTE, ge=1, description="Largest file that can only be read whole.")

    # -- clean
    page: Limits = Field(DEFAULT_LIMITS, description="What a page may hold: DATELINE_PAGE__ELEMENTS and so on.")
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

    @model_validator(mode="after")
    def _secrets_are_given_once(self) -> Self:
        for name in ("sasl_password", "sasl_token", "ssl_key_password"):
            if getattr(self, name).get_secret_value() and getattr(self, f"{name}_file"):
                raise ValueError(f"{name} and {name}_file are both given")
        return self

    def secret(self, name: str) -> str:
        """A secret from its file or its variable; the file's last line break is not part of it. Raises OSError."""
        file: Path | None = getattr(self, f"{name}_file")
        given: SecretStr = getattr(self, name)
        return given.get_secret_value() if file is None else file.read_text(encoding="utf-8").rstrip("\r\n")

    def topic(self, name: str) -> str:
        """Full name of a topic of the table: `raw` is `news.raw`, for every run; the others carry the suffix."""
        end = f".{self.suffix}" if self.suffix and name != "raw" else ""
        return f"{self.topic_prefix}.{name}{end}"

    def group(self, stage: str) -> str:
        """Consumer group of a stage."""
        return f"{self.group_prefix}-{stage}" + (f"-{self.suffix}" if self.suffix else "")

    def max_bytes(self, name: str) -> int:
        """Largest record that a topic takes."""
        sizes = {"raw": self.raw_max_bytes, "deadletter": self.deadletter_max_bytes}
        return sizes.get(name, self.clean_max_bytes)

    def ssl_context(self) -> ssl.SSLContext | None:
        """Context for the encrypted protocols, None for the others."""
        if "SSL" not in self.security_protocol:
            return None
        context = ssl.create_default_context(cafile=self.ssl_cafile and str(self.ssl_cafile))
        if self.ssl_certfile:
            # An empty password, not None: OpenSSL would ask for one on the terminal.
            context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile, lambda: self.secret("ssl_key_password"))
        return context

    def token(self) -> Token:
        """The token of OAUTHBEARER as clients ask for it."""
        return Token(lambda: self.secret("sasl_token"))

    def client(self) -> dict[str, object]:
        """Arguments that every aiokafka client takes."""
        arguments: dict[str, object] = {
            "bootstrap_servers": self.broker,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context(),
        }
        if "SASL" in self.security_protocol:
            arguments["sasl_mechanism"] = self.sasl_mechanism
            if self.sasl_mechanism == "OAUTHBEARER":
                arguments["sasl_oauth_token_provider"] = self.token()
            else:
                arguments["sasl_plain_username"] = self.sasl_username
                arguments["sasl_plain_password"] = self.secret("sasl_password")
        return arguments


def load(**given: object) -> Settings:
    """The settings of this process; where they are wrong, one sentence and status 2."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # checked by the model
    except ValidationError as error:
        told = f"dateline: a setting cannot be used: {_problems(error)}; agents/settings.py lists what can be set"
        print(told, file=sys.stderr)  # noqa: T201 - there is no log yet
        raise SystemExit(2) from None


def _problems(error: ValidationError) -> str:
    """Names each variable with what is wrong about it; values are left out, one may be a password."""
    problems = []
    for problem in error.errors(include_input=False, include_url=False):
        name = "__".join(map(str, problem["loc"])).upper() or "*_MAX_BYTES"
        problems.append(f"DATELINE_{name}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(problems)
