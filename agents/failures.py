"""What is wrong with the broker, in one sentence that says what to do. No secret is in any of them."""

import ssl

from aiokafka import errors
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError

from agents.settings import Settings

#: How long one look at why a connection fails may take: a broker that is up answers in milliseconds.
LOOK_MS = 5000

_Kinds = tuple[type[BaseException], ...]
_OLD: _Kinds = (errors.UnsupportedVersionError, errors.IncompatibleBrokerVersion, errors.UnrecognizedBrokerVersion)
_DENIED: _Kinds = (
    errors.TopicAuthorizationFailedError,
    errors.GroupAuthorizationFailedError,
    errors.ClusterAuthorizationFailedError,
)
#: Kinds of error and what to say, the most special first. Fields are those of the settings.
_SENTENCES: tuple[tuple[_Kinds, str], ...] = (
    (
        (errors.SaslAuthenticationFailed, errors.AuthenticationFailedError),
        (
            "the broker at {broker} refuses the credentials of {sasl_username!r}: check DATELINE_SASL_USERNAME, "
            "DATELINE_SASL_PASSWORD or DATELINE_SASL_PASSWORD_FILE (or the token), and DATELINE_SASL_MECHANISM"
        ),
    ),
    (
        (errors.UnsupportedSaslMechanismError, errors.IllegalSaslStateError),
        (
            "the broker at {broker} does not offer {sasl_mechanism} here: check DATELINE_SASL_MECHANISM, "
            "DATELINE_SECURITY_PROTOCOL and the port"
        ),
    ),
    (
        (ssl.SSLCertVerificationError,),
        (
            "the certificate of the broker at {broker} is not trusted: set DATELINE_SSL_CAFILE to its authority's "
            "certificate, and call the broker by a name that stands in its own"
        ),
    ),
    (
        (ssl.SSLError,),
        (
            "no TLS with the broker at {broker}: is this its TLS port, and does it want a certificate of the client "
            "(DATELINE_SSL_CERTFILE, DATELINE_SSL_KEYFILE)?"
        ),
    ),
    (
        _OLD,
        "the broker at {broker} is too old: Kafka 2.3 or newer is needed (static membership), 4.1 is what is tested",
    ),
    (
        _DENIED,
        (
            "the broker at {broker} does not allow this to {sasl_username!r}: grant read, write, create and describe "
            "on topics {topic_prefix}.* and read on groups {group_prefix}-*"
        ),
    ),
    (
        (errors.KafkaStorageError, errors.LogDirNotFound),
        "the broker at {broker} cannot write: is its disk full? Free or add space and restart it",
    ),
    (
        (errors.UnknownTopicOrPartitionError,),
        "a topic is not there, or has too few partitions: `dateline topics` creates and names what is missing",
    ),
    (
        (errors.InvalidReplicationFactorError,),
        "the cluster at {broker} has fewer than {replication} brokers: lower DATELINE_REPLICATION or add brokers",
    ),
    (
        (ConnectionRefusedError, TimeoutError, errors.KafkaTimeoutError, errors.RequestTimedOutError),
        "the broker at {broker} does not answer: is it up, and is DATELINE_BROKER right?",
    ),
    (
        (errors.KafkaConnectionError,),
        (
            "the broker at {broker} does not answer, or closes the connection: is it up, and does the port speak "
            "{security_protocol} (DATELINE_SECURITY_PROTOCOL)?"
        ),
    ),
)


async def explain(settings: Settings, error: BaseException) -> str:
    """Say what an error of the broker means.

    aiokafka keeps to itself why it found no broker, so that a connection is tried once more to see.
    """
    if isinstance(error, errors.KafkaConnectionError):
        error = await _cause(settings) or error
    return sentence(settings, error)


def sentence(settings: Settings, error: BaseException) -> str:
    """The sentence for an error; for one that is not known, the error itself."""
    for kinds, text in _SENTENCES:
        if isinstance(error, kinds):
            return text.format_map(settings.model_dump())
    return f"the broker at {settings.broker} does not answer or refuses: {error!r}"


async def _cause(settings: Settings) -> BaseException | None:
    """Why no broker can be talked to; None where one can."""
    arguments = {name: value for name, value in settings.client().items() if name != "bootstrap_servers"}
    cause: BaseException | None = None
    for address in settings.broker.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            connection = await create_conn(host, int(port), **arguments, request_timeout_ms=LOOK_MS)
        except (TimeoutError, KafkaError, OSError, ValueError) as error:
            cause = error
        else:
            connection.close()
            return None
    return cause
