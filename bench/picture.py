"""Draws, as SVG, how well two scores tell commands from what is none."""

from collections.abc import Sequence

from bench.deciding import Case, Deciding
from voice2mqtt.nlu.matching.weights import Weights
from voice2mqtt.settings.model import ListeningSettings

_BINS = 20
_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 640, 150, 40, 34, 84
_COMMANDS, _OTHERS, _INK = "#2a7fba", "#d1495b", "#555"


def distributions(made: Deciding, cases: Sequence[Case], weights: Weights) -> str:
    """Return both pictures: by sound of open dictation, and by the host's confidence."""
    by_sound = [
        (is_command, made.nearest(case, weights))
        for case in cases
        if case.way == "open"
        for is_command in (case.trial.slots is not None,)
    ]
    by_host = [
        (
            trial.slots is not None,
            made.command_probability(trial, weights) * trial.host["shares"][0][1],
        )
        for trial in (case.trial for case in cases if case.way == "table")
        if trial.host and trial.host["shares"]
    ]
    strictness = ListeningSettings().strictness
    height = 2 * (_HEIGHT + _GAP)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH + 60} {height}">',
            "<style>text { font: 12px sans-serif }</style>",
            f'<rect width="{_WIDTH + 60}" height="{height}" fill="white"/>',
            *_panel("Heard openly: distance of the nearest sentence", by_sound, strictness, 0),
            *_panel(
                "Heard with the table: the host's confidence in the best command",
                by_host,
                weights.thresholds.act,
                _HEIGHT + _GAP,
            ),
            "</svg>\n",
        )
    )


def _panel(
    title: str, scored: Sequence[tuple[bool, float]], threshold: float, top: int
) -> list[str]:
    bottom = top + _TOP + _HEIGHT
    lines = [f'<text x="{_LEFT}" y="{top + 14}" fill="{_INK}">{title}</text>']
    for at, (is_command, colour, name) in enumerate(
        ((True, _COMMANDS, "commands"), (False, _OTHERS, "no commands"))
    ):
        values = [score for kind, score in scored if kind is is_command]
        counts = [0] * _BINS
        for score in values:
            counts[min(_BINS - 1, int(score * _BINS))] += 1
        step = _WIDTH / _BINS
        for number, count in enumerate(counts):
            # The root, so that few are seen beside many.
            tall = _HEIGHT * (count / max(1, len(values))) ** 0.5
            x = _LEFT + number * step + at * step / 2
            lines.append(
                f'<rect x="{x:.1f}" y="{bottom - tall:.1f}" width="{step / 2 - 1:.1f}" '
                f'height="{tall:.1f}" fill="{colour}"><title>{count}</title></rect>'
            )
        lines.append(
            f'<text x="{_LEFT + 330 + 130 * at}" y="{top + 28}" fill="{colour}">'
            f"{name} ({len(values)})</text>"
        )
    at_x = _LEFT + threshold * _WIDTH
    lines.append(
        f'<line x1="{at_x:.1f}" x2="{at_x:.1f}" y1="{top + _TOP}" y2="{bottom}" '
        f'stroke="{_INK}" stroke-dasharray="4 3"/>'
    )
    lines.append(
        f'<text x="{at_x + 4:.1f}" y="{top + _TOP + 10}" fill="{_INK}">{threshold:g}</text>'
    )
    for tick in range(0, 11, 2):
        x = _LEFT + tick / 10 * _WIDTH
        lines.append(
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" fill="{_INK}">'
            f"{tick / 10:g}</text>"
        )
    return lines
