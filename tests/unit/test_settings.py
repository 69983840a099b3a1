"""Settings: defaults that fit into each other, and the environment."""

# ruff: noqa: S106 - passwords of nobody

import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError

from agents.settings import MEBIBYTE, Settings, load
from agents.topics import INDEX_TOPIC, REPLAYS_TOPIC, routed, specs
from agents.wire import Token
from pipeline.events import TOPICS


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - of this fixture alone

    for name in [name for name in os.environ if name.startswith("DATELINE_")]:
        monkeypatch.delenv(name)


def test_defaults_fit_into_each_other() -> None:
    settings = Settings()
    assert settings.raw_max_bytes < settings.clean_max_bytes < settings.deadletter_max_bytes
    assert settings.clean_max_bytes * 4 / 3 < settings.deadletter_max_bytes, "a dead letter is base64"
    assert settings.raw_max_bytes <= settings.window_bytes
    assert settings.trends_memory >= settings.window_records
    assert settings.instance


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "BROKER": "a:1,b:2",
        "PARTITIONS": "7",
        "STATIC_MEMBERSHIP": "false",
        "DATA_DIR": "/x",
        "CLEAN_DEADLINE": "2.5",
    }
    for name, value in given.items():
        monkeypatch.setenv(f"DATELINE_{name}", value)
    settings = Settings()
    assert (settings.broker, settings.partitions, settings.static_membership) == ("a:1,b:2", 7, False)
    assert (settings.data_dir, settings.clean_deadline) == (Path("/x"), 2.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITIONS", "0"),
        ("PARTITIONS", "many"),
        ("WINDOW_RECORDS", "0"),
        ("ATTEMPTS", "0"),
        ("SECURITY_PROTOCOL", "TLS"),
        ("SASL_MECHANISM", "GSSAPI"),
        ("CLEAN_CHILDREN", "0"),
        ("RAW_MAX_BYTES", str(15 * MEBIBYTE)),
        ("DEADLETTER_MAX_BYTES", str(14 * MEBIBYTE)),
        ("SESSION_TIMEOUT", "soon"),
        ("DEDUPE_MEMORY", "0"),
    ],
)
def test_what_cannot_work_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"DATELINE_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_an_unknown_setting_is_refused_where_it_is_given_by_name() -> None:
    with pytest.raises(ValidationError, match="brokker"):
        Settings(brokker="a:1")  # type: ignore[call-arg]


def test_names_and_sizes_of_topics() -> None:
    settings = Settings(topic_prefix="wire")
    assert settings.topic("raw") == "wire.raw"
    assert settings.max_bytes("raw") == settings.raw_max_bytes
    assert settings.max_bytes("deadletter") == settings.deadletter_max_bytes
    assert {settings.max_bytes(name) for name in TOPICS if name not in ("raw", "deadletter")} == {
        settings.clean_max_bytes
    }


def test_topics_to_create() -> None:
    found = {
        spec.name: spec for spec in specs(Settings(partitions=3, trends_keep=2, trends_window=60, dedupe_memory=10))
    }
    assert set(found) == {f"news.{name}" for name in [*TOPICS, INDEX_TOPIC, REPLAYS_TOPIC]}
    assert {name: spec.partitions for name, spec in found.items() if spec.partitions != 3} == {
        "news.clean": 1,
        "news.dedupe-index": 1,
        "news.replays": 1,
    }
    assert found["news.trends"].config["cleanup.policy"] == "compact,delete"
    assert found["news.trends"].config["retention.ms"] == "240000"
    assert found["news.dedupe-index"].config == {"retention.ms": "-1", "retention.bytes": "10240"}
    assert int(found["news.raw"].config["max.message.bytes"]) == 12 * MEBIBYTE
    assert routed(Settings(), "topic.politics").name == "news.topic.politics"


def test_plain_clients_send_no_secrets() -> None:
    assert Settings(sasl_password="hush").client() == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


@pytest.mark.parametrize(
    ("protocol", "encrypted", "login"),
    [("SSL", True, False), ("SASL_PLAINTEXT", False, True), ("SASL_SSL", True, True)],
)
def test_secured_clients(protocol: str, encrypted: bool, login: bool) -> None:  # noqa: FBT001 - a row of the table
    client = Settings(
        security_protocol=protocol, sasl_username="u", sasl_password="hush", sasl_mechanism="SCRAM-SHA-512"
    ).client()
    assert isinstance(client["ssl_context"], ssl.SSLContext) is encrypted
    assert client.get("sasl_plain_password") == ("hush" if login else None)
    assert client.get("sasl_mechanism") == ("SCRAM-SHA-512" if login else None)


def test_a_password_is_not_printed() -> None:
    assert "hush" not in repr(Settings(sasl_password="hush")) + Settings(sasl_password="hush").model_dump_json()


@pytest.mark.parametrize("name", ["sasl_password", "sasl_token", "ssl_key_password"])
def test_a_secret_comes_from_a_variable_or_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hush\n", encoding="utf-8")
    assert Settings(**{name: "hush"}).secret(name) == "hush"  # type: ignore[arg-type]
    assert Settings(**{f"{name}_file": file}).secret(name) == "hush"  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="are both given"):
        Settings(**{name: "hush", f"{name}_file": file})  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Settings(**{f"{name}_file": tmp_path / "gone"})  # type: ignore[arg-type]


def test_wrong_settings_are_one_sentence_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pydantic shows the input of what fails, and a check of the whole model has all of it for input."""
    monkeypatch.setenv("DATELINE_SASL_PASSWORD", "hush")
    monkeypatch.setenv("DATELINE_RAW_MAX_BYTES", str(15 * MEBIBYTE))
    with pytest.raises(ValidationError) as error:
        Settings()
    assert "hush" not in str(error.value) + repr(error.value)
    with pytest.raises(SystemExit) as ended:
        load()
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert "raw_max_bytes < clean_max_bytes" in said
    assert "hush" not in said
    assert said.count("\n") == 1


async def test_a_token_is_read_anew_and_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first", encoding="utf-8")
    settings = Settings(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", sasl_token_file=file)
    client = settings.client()
    provider = client["sasl_oauth_token_provider"]
    assert isinstance(provider, Token)
    assert await provider.token() == "first"
    file.write_text("second\n", encoding="utf-8")
    assert await provider.token() == "second"
    assert "sasl_plain_password" not in client
    assert "second" not in repr(client)


def test_a_suffix_names_topics_and_groups_of_its_own_and_the_same_raw_topic() -> None:
    settings = Settings(suffix="v2")
    assert settings.topic("raw") == "news.raw"
    assert (settings.topic("clean"), settings.topic("topic.politics")) == ("news.clean.v2", "news.topic.politics.v2")
    assert (settings.group("clean"), Settings().group("clean")) == ("dateline-clean-v2", "dateline-clean")
    with pytest.raises(ValidationError):
        Settings(suffix="v 2")
