"""Secrets of the wire: where they come from, and how a client asks for a token."""

from collections.abc import Callable

from aiokafka.abc import AbstractTokenProvider


class Token(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Gives the token of OAUTHBEARER, read anew for each connection: what refreshes it writes a new file."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    async def token(self) -> str:
        return self._read()
