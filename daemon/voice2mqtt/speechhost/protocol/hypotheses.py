"""The interim results of one phrase: how many, and with which words. Pure.

Captions need a few words at a time. Where transcriptions come seldom, as when a client sends its
audio faster than it is spoken, the words of one are told step by step, each about where it was
said, as if all letters took the same time.
"""

from collections.abc import Iterator

from voice2mqtt.speechhost.protocol.audio_format import TICKS_PER_S

STEP = TICKS_PER_S // 3
"""Of audio, between two interim results."""


class Hypotheses:
    """What was told of one phrase so far. Positions are in ticks since the turn began."""

    def __init__(self, onset: int, *, stepwise: bool) -> None:
        """`onset` is where speech began; `stepwise` is for clients that show captions."""
        self.onset = onset
        self._stepwise = stepwise
        self.told_until = onset
        """No answer may end before that: programs that show captions would drop it."""
        self._last = ""
        self._confirming = False

    def confirm(self) -> None:
        """Tell the next words even if they are the same: after a pause they may be all."""
        self._confirming = True

    def told(self, text: str, end: int) -> Iterator[tuple[str, int]]:
        """Yield what to tell of words that were heard up to `end`, each with its own end."""
        yield from self._steps(text, end)
        if text != self._last or self._confirming:
            self._last, self._confirming = text, False
            yield text, end

    def before_answer(self, text: str, end: int) -> Iterator[tuple[str, int]]:
        """Yield what was not told of the final words `text`, which end at `end`, but not all."""
        return self._steps(text, end)

    def _steps(self, text: str, end: int) -> Iterator[tuple[str, int]]:
        first = self.told_until + STEP
        self.told_until = max(self.told_until, end)
        if not self._stepwise or end <= self.onset:
            return
        for at in range(first, end, STEP):
            said = text[: round(len(text) * (at - self.onset) / (end - self.onset))]
            # Only whole words, and never fewer than before.
            words = said.rpartition(" ")[0]
            if len(words) > len(self._last):
                self._last = words
                yield words, at
