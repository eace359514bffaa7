"""Questions to a person on a terminal; without one, each has its default answer."""

from collections.abc import Callable, Sequence

from voice2mqtt.cli.screen import show_table
from voice2mqtt.errors import UserFacingError


class Questions:
    """Asks on standard input, if there is somebody."""

    def __init__(self, *, interactive: bool) -> None:
        self.interactive = interactive

    def ask(self, question: str, default: str, check: Callable[[str], object] = str) -> str:
        """Return the answer; `check` raises ValueError with the reason if it cannot be used."""
        while self.interactive:
            answer = _read(f"{question} [{default}]: ").strip() or default
            try:
                check(answer)
            except ValueError as error:
                print(f"  {error}")
            else:
                return answer
        return default

    def choose(self, question: str, choices: Sequence[tuple[str, str]], default: str) -> str:
        """Return a value of `choices` (value and what it is), or what was typed instead."""
        if not self.interactive:
            return default
        rows = [(f"{n}", value, what) for n, (value, what) in enumerate(choices, 1)]
        show_table(("", "", ""), rows)
        values = [value for value, _ in choices]
        suggested = str(values.index(default) + 1) if default in values else default
        answer = _read(f"{question} [{suggested}]: ").strip() or suggested
        if answer.isdecimal() and 1 <= int(answer) <= len(values):
            return values[int(answer) - 1]
        return answer

    def confirm(self, question: str, *, default: bool) -> bool:
        """Return whether the answer is yes."""
        while self.interactive:
            answer = _read(f"{question} [{'Y/n' if default else 'y/N'}]: ").strip().lower()
            if not answer:
                return default
            if answer in {"y", "yes", "n", "no"}:
                return answer.startswith("y")
            print("  answer y or n")
        return default


def _read(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError:
        print()
        raise UserFacingError("no more answers; what was not asked yet was left as it is") from None
