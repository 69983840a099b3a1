"""Failures of the broker: each has a sentence that says what to do, and none has a secret."""

import asyncio
import ssl

import pytest
from aiokafka import errors

from agents.failures import explain, sentence
from agents.settings import Settings

SECURE = Settings(
    broker="kafka.example:9093",
    security_protocol="SASL_SSL",
    sasl_mechanism="SCRAM-SHA-512",
    sasl_username="ann",
    sasl_password="hush",  # noqa: S106 - of nobody
)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.SaslAuthenticationFailed("no"), "DATELINE_SASL_PASSWORD_FILE"),
        (errors.UnsupportedSaslMechanismError(), "does not offer SCRAM-SHA-512"),
        (ssl.SSLCertVerificationError(1, "self-signed"), "DATELINE_SSL_CAFILE"),
        (ssl.SSLError(1, "wrong version number"), "TLS port"),
        (errors.UnsupportedVersionError(), "too old: Kafka 2.3"),
        (errors.IncompatibleBrokerVersion("x"), "too old: Kafka 2.3"),
        (errors.TopicAuthorizationFailedError("news.raw"), "grant"),
        (errors.KafkaStorageError(), "disk full"),
        (errors.UnknownTopicOrPartitionError(), "dateline topics"),
        (errors.InvalidReplicationFactorError(), "DATELINE_REPLICATION"),
        (errors.KafkaTimeoutError(), "is it up"),
        (errors.KafkaConnectionError("closed"), "DATELINE_SECURITY_PROTOCOL"),
        (errors.NotControllerError(), "NotControllerError"),
    ],
)
def test_each_failure_says_what_to_do(error: Exception, told: str) -> None:
    said = sentence(SECURE, error)
    assert told in said
    assert "hush" not in said
    assert "\n" not in said


@pytest.mark.parametrize("password", ["{sasl_username}", "{", "%s"])
def test_names_of_users_are_no_formats(password: str) -> None:
    settings = SECURE.model_copy(update={"sasl_username": password})
    assert password in sentence(settings, errors.SaslAuthenticationFailed())


async def test_an_old_broker_is_told_from_one_that_is_down() -> None:
    """A broker that knows no request of this client: the connection is made, and nothing can be asked."""

    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4))
        request = await reader.readexactly(size)
        # ApiVersions v0: correlation id, no error, one known request: ApiVersions itself.
        answer = request[4:8] + bytes(2) + (1).to_bytes(4) + (18).to_bytes(2) + bytes(4)
        writer.write(len(answer).to_bytes(4) + answer)
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        served.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    settings = SECURE.model_copy(update={"broker": f"127.0.0.1:{port}", "security_protocol": "SASL_PLAINTEXT"})
    said = await explain(settings, errors.KafkaConnectionError("Unable to bootstrap"))
    await served.wait()
    server.close()
    assert "too old" in said


async def test_a_broker_that_is_not_there_is_said_plainly() -> None:
    settings = SECURE.model_copy(update={"broker": "127.0.0.1:1"})
    assert "does not answer" in await explain(settings, errors.KafkaConnectionError("Unable to bootstrap"))
