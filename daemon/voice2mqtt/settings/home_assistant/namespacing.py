"""Block-local lists and rules of Home Assistant's sentences, renamed into one namespace.

In Home Assistant a block's own list shadows the shared one of the same name, also inside the rules
that its sentences use. A command table has one namespace, so a shadowing list or rule is renamed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from voice2mqtt.nlu.grammar.table import Json

_REFERENCE = re.compile(r"\\.|\{\s*([^{}:]*?)\s*(?::([^{}]*))?\}|<\s*([^<>]*?)\s*>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Namespace:
    """Rewrites the sentences of one block for the shared namespace."""

    own_lists: Mapping[str, Json]
    own_rules: Mapping[str, Json]
    lists: dict[str, Json]
    """Lists of the whole table; those of the block are added when its sentences use them."""
    rules: dict[str, Json]
    new_names: Mapping[str, str] = field(default_factory=dict)
    """What to call lists of the block that stand beside shared ones, instead of `name_2`"""

    def rewritten(self, template: str, visiting: tuple[str, ...] = ()) -> str:
        """Return `template` with its references renamed to those of `lists` and `rules`."""

        def renamed(found: re.Match[str]) -> str:
            if found[1] in self.own_lists:
                wanted = self.new_names.get(found[1], found[1])
                name = _kept(self.lists, wanted, self.own_lists[found[1]])
                slot = found[2] or found[1]
                return found[0] if name == found[1] else f"{{{name}:{slot}}}"
            if found[3] and found[3] not in visiting:
                return f"<{self._rule(found[3], visiting)}>"
            return found[0]

        return _REFERENCE.sub(renamed, template)

    def _rule(self, name: str, visiting: tuple[str, ...]) -> str:
        written = self.own_rules.get(name, self.rules.get(name))
        if not isinstance(written, str):
            return name
        meant = self.rewritten(written, (*visiting, name))
        return name if self.rules.get(name) == meant else _kept(self.rules, name, meant)


def _kept(kept: dict[str, Json], name: str, value: Json) -> str:
    """Store `value` as `name`, with a number appended if that is taken; return the name used."""
    number, unique = 1, name
    while kept.setdefault(unique, value) != value:
        number += 1
        unique = f"{name}_{number}"
    return unique
