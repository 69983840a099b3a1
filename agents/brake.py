"""The brake: when most of what a stage takes becomes dead letters, the stage is broken, not the news."""

from collections import deque


class Brake:
    """Counts outcomes of a stage, and says when it must stop.

    `run` dead letters in a row, or more than `share` (0 to 1) of the last `of` outcomes, pull it; it stays pulled.
    The record that pulls it is not to become a dead letter: it is held, and is judged again after a restart.
    """

    def __init__(self, run: int, share: float, of: int) -> None:
        self._run = run
        self._share = share
        self._of = of
        self._in_a_row = 0
        self._last: deque[bool] = deque()
        self._dead = 0
        #: Why it was pulled; None while it is not.
        self.reason: str | None = None

    def passed(self) -> None:
        """Note a record that had its outcome."""
        self._note(dead=False)

    def dies(self) -> bool:
        """Note a record that is about to become a dead letter; True where it must not, for the brake is pulled."""
        if self.reason is None:
            self._note(dead=True)
            if self._in_a_row >= self._run:
                self.reason = f"{self._in_a_row} records in a row would be dead letters"
            elif len(self._last) == self._of and self._dead > self._share * self._of:
                self.reason = f"{self._dead} of the last {self._of} records would be dead letters"
        return self.reason is not None

    def _note(self, *, dead: bool) -> None:
        self._in_a_row = self._in_a_row + 1 if dead else 0
        self._last.append(dead)
        self._dead += dead
        if len(self._last) > self._of:
            self._dead -= self._last.popleft()
