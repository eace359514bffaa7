"""Lists and rules that one block of sentences has for itself, among those that all share.

In Home Assistant a block's own list hides the shared one of its name, also from the rules that
its sentences use. A table has one name for each, so what is hidden there is renamed here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from voice2mqtt.nlu.grammar.table import Json

_REFERENCE = re.compile(r"\\.|\{\s*([^{}:]*?)\s*(?::([^{}]*))?\}|<\s*([^<>]*?)\s*>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Namespace:
    """Rewrites the sentences of one block so that they mean the same among all others."""

    own_lists: Mapping[str, Json]
    own_rules: Mapping[str, Json]
    lists: dict[str, Json]
    """Those of the whole table; lists of the block that its sentences use are added."""
    rules: dict[str, Json]

    def rewritten(self, template: str, under_way: tuple[str, ...] = ()) -> str:
        """Return `template` with the names by which `lists` and `rules` know what it means."""

        def renamed(found: re.Match[str]) -> str:
            if found[1] in self.own_lists:
                name = _kept(self.lists, found[1], self.own_lists[found[1]])
                slot = found[2] or found[1]
                return found[0] if name == found[1] else f"{{{name}:{slot}}}"
            if found[3] and found[3] not in under_way:
                return f"<{self._rule(found[3], under_way)}>"
            return found[0]

        return _REFERENCE.sub(renamed, template)

    def _rule(self, name: str, under_way: tuple[str, ...]) -> str:
        written = self.own_rules.get(name, self.rules.get(name))
        if not isinstance(written, str):
            return name
        meant = self.rewritten(written, (*under_way, name))
        return name if self.rules.get(name) == meant else _kept(self.rules, name, meant)


def _kept(kept: dict[str, Json], name: str, value: Json) -> str:
    """Keep `value` under `name`, or under one like it if something else is called so."""
    number, unique = 1, name
    while kept.setdefault(unique, value) != value:
        number += 1
        unique = f"{name}_{number}"
    return unique
