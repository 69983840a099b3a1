"""TLS and SASL against a Kafka that asks for them: every client of the house, and what is said where one is refused."""

# ruff: noqa: S607 - openssl and java from the path

import base64
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dateline import brokers
from tests.integration.house import House, article, command, wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
PASSWORD = "correct-horse-7412"  # noqa: S105 - of nobody
JAAS = "org.apache.kafka.common.security"
PROPERTIES = f"""
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER
ssl.keystore.type=PEM
ssl.keystore.location={{folder}}/server.both
ssl.truststore.type=PEM
ssl.truststore.location={{folder}}/ca.pem
listener.name.ssl.ssl.client.auth=required
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={JAAS}.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={JAAS}.scram.ScramLoginModule required;
listener.name.sasl_ssl.plain.sasl.jaas.config={JAAS}.plain.PlainLoginModule required user_ann="{PASSWORD}";
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={JAAS}.oauthbearer.OAuthBearerLoginModule required \
unsecuredLoginStringClaim_sub="broker";
"""


class Secure(NamedTuple):
    """A Kafka with a listener for each way in, and the folder of its certificates and secrets."""

    sasl: str
    tls: str
    folder: Path


def certificates(folder: Path) -> None:
    """An authority, a broker's certificate for 127.0.0.1, and a client's whose key has a password."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-days", "2", *arguments], cwd=folder,
                       check=True, capture_output=True)  # fmt: skip

    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=CA:FALSE")
    openssl("-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority")
    openssl("-nodes", "-keyout", "server.key", "-out", "server.pem", "-subj", "/CN=broker", *signed,
            "-addext", "subjectAltName=IP:127.0.0.1")  # fmt: skip
    openssl("-passout", f"pass:{PASSWORD}", "-keyout", "client.key", "-out", "client.pem", "-subj", "/CN=ann", *signed)
    (folder / "server.both").write_bytes((folder / "server.key").read_bytes() + (folder / "server.pem").read_bytes())


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("secure")
    certificates(folder)
    home = folder / "home"
    shutil.copytree(ROOT / "deploy/kafka", home)
    with (home / "server.properties").open("a") as properties:
        properties.write(PROPERTIES.format(folder=folder))
    (folder / "password").write_text(f"{PASSWORD}\n")
    # Kafka's unsecured tokens: a header that names no algorithm, the claims, no signature.
    claims = {"sub": "ann", "iat": time.time() - 60, "exp": time.time() + 3600}
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, claims))
    (folder / "token").write_text(".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + ".")
    ports = {"SASL_SSL": brokers.free_port(), "SSL": brokers.free_port()}
    data = ROOT / "var" / "test-kafka"
    with brokers.kafka(home, data, folder / "kafka.log", records=folder / "records", listeners=ports) as plain:
        config = ["java", "-cp", f"{data / 'libs'}/*", "kafka.admin.ConfigCommand", "--bootstrap-server", plain]
        for bits in (256, 512):  # Kafka takes one mechanism of a user at a time
            user = f"SCRAM-SHA-{bits}=[iterations=4096,password={PASSWORD}]"
            entity = ("--entity-type", "users", "--entity-name", "ann", "--alter", "--add-config", user)
            added = subprocess.run([*config, *entity], check=False, capture_output=True, text=True)
            assert added.returncode == 0, added.stdout + added.stderr
        yield Secure(f"127.0.0.1:{ports['SASL_SSL']}", f"127.0.0.1:{ports['SSL']}", folder)


@pytest.fixture
def house_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Makes the house of a test on an address, with the settings of its way in."""
    houses: list[House] = []

    def build(address: str, **settings: Any) -> House:
        name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:80]
        houses.append(House(address, "kafka", name, tmp_path, **settings))
        return houses[-1]

    yield build
    for each in houses:
        each.stop()


def with_password(secure: Secure, mechanism: str) -> dict[str, Any]:
    return {
        "security_protocol": "SASL_SSL",
        "ssl_cafile": secure.folder / "ca.pem",
        "sasl_mechanism": mechanism,
        "sasl_username": "ann",
        "sasl_password_file": secure.folder / "password",
    }


def goes_through(it: House) -> None:
    """Admin, producer, readers, and a worker's consumer and producer; no secret is in what any of them says."""
    worker = it.start("clean")
    it.feed(article(n) for n in range(3))
    wait_until(lambda: len(it.records("clean")) == 3, "cleaned articles")
    audited = command(it, "audit")
    assert "missing" in audited.stdout, audited.stderr
    assert worker.poll() is None
    assert PASSWORD not in it.log.read_text() + audited.stdout + audited.stderr


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"])
def test_news_moves_with_a_password(house_at: Callable[..., House], secure: Secure, mechanism: str) -> None:
    goes_through(house_at(secure.sasl, **with_password(secure, mechanism)))


def test_news_moves_with_a_token(house_at: Callable[..., House], secure: Secure) -> None:
    it = house_at(
        secure.sasl,
        security_protocol="SASL_SSL",
        ssl_cafile=secure.folder / "ca.pem",
        sasl_mechanism="OAUTHBEARER",
        sasl_token_file=secure.folder / "token",
    )
    goes_through(it)
    assert (secure.folder / "token").read_text() not in it.log.read_text()


def test_news_moves_with_a_certificate_of_the_client(house_at: Callable[..., House], secure: Secure) -> None:
    folder = secure.folder
    goes_through(
        house_at(
            secure.tls,
            security_protocol="SSL",
            ssl_cafile=folder / "ca.pem",
            ssl_certfile=folder / "client.pem",
            ssl_keyfile=folder / "client.key",
            ssl_key_password_file=folder / "password",
        )
    )


WRONG = {
    "password": (
        {"DATELINE_SASL_PASSWORD_FILE": "", "DATELINE_SASL_PASSWORD": "wrong-secret-1"},
        "credentials of 'ann'",
    ),
    "user": ({"DATELINE_SASL_USERNAME": "bob"}, "credentials of 'bob'"),
    "authority": ({"DATELINE_SSL_CAFILE": ""}, "DATELINE_SSL_CAFILE"),
    "protocol": ({"DATELINE_SECURITY_PROTOCOL": "PLAINTEXT"}, "DATELINE_SECURITY_PROTOCOL"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_who_is_refused_is_told_what_to_do(house_at: Callable[..., House], secure: Secure, wrong: str) -> None:
    it = house_at(secure.sasl, **with_password(secure, "SCRAM-SHA-512"))
    changed, told = WRONG[wrong]
    environment = {name: value for name, value in {**it.environment(), **changed}.items() if value}
    audited = subprocess.run(
        [sys.executable, "-m", "dateline", "audit"], env=environment, capture_output=True, text=True, check=False
    )
    said = " ".join(audited.stderr.split())
    assert audited.returncode == 1, said
    assert told in said
    assert "Traceback" not in said
    # A worker waits, and says the same.
    with it.log.open("ab") as log:
        worker = subprocess.Popen([sys.executable, "-m", "agents", "clean"], env=environment, stderr=log)
    try:
        wait_until(lambda: "waiting: " in it.log.read_text(), "a word about it")
        assert worker.poll() is None
    finally:
        worker.kill()
        worker.wait()
    assert told in it.log.read_text()
    assert "wrong-secret-1" not in said + it.log.read_text()
