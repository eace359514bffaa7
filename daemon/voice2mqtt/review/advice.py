"""What a table might change, given what became of the sentences that were said. Pure."""

from collections.abc import Iterator, Sequence

from voice2mqtt.core.decision import Fire
from voice2mqtt.errors import SettingsError
from voice2mqtt.review.alias import AliasFinder, NoAliasError
from voice2mqtt.review.training import Result, Said
from voice2mqtt.settings.yaml.writer import inline

_STRICTER = 0.01
"""How far below the distance of a wrong command its strictness should be; set by hand."""


def advice(all_said: Sequence[Said], aliases: AliasFinder) -> list[str]:
    """Return one sentence for each change that may help, without repeats."""
    found = (line for said in all_said for line in _advice(said, aliases))
    return list(dict.fromkeys(found))


def _advice(said: Said, aliases: AliasFinder) -> Iterator[str]:
    prompt = said.prompt
    match said.result:
        case Result.REFUSED if _is_near(said):
            yield from _alias(said, aliases)
        case Result.ASKED:
            rows = {near.row for decision in said.decisions for near in decision.reason.nearest}
            others = sorted(rows - {prompt.row})
            if others:
                yield (
                    f"“{prompt.row}” and “{others[0]}” sound alike: say one of them in other words"
                )
        case Result.WRONG:
            for decision in said.decisions:
                if not isinstance(decision, Fire):
                    continue
                distance = 1 - decision.score
                if distance > _STRICTER:
                    yield (
                        f"“{prompt.sentence}” was taken for “{decision.row}”: give that row "
                        f"strictness: {distance - _STRICTER:.2f}, or say it in other words"
                    )
                else:
                    yield (
                        f"“{prompt.sentence}” was heard as a sentence of “{decision.row}”: say one "
                        "of them in other words, or give that row a confirm:"
                    )


def _is_near(said: Said) -> bool:
    """Return whether what was heard sounds like the row; else something else was said."""
    nearest = [near.row for decision in said.decisions for near in decision.reason.nearest]
    return said.prompt.row in nearest


def _alias(said: Said, aliases: AliasFinder) -> Iterator[str]:
    prompt = said.prompt
    try:
        alias = aliases.alias(said.heard, prompt.sentence)
    except (NoAliasError, SettingsError):
        return
    for word in alias.words:
        yield f"the list {word.list_name}: accept {inline(word.words)} for {prompt.sentence}"
    if alias.template:
        yield f"the row “{prompt.row}”: also_heard_as: {inline(alias.template)}"
