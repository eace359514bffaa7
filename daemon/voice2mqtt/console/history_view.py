"""The history as plots: sums over a day or a week, as JSON values."""

import time
from collections.abc import Mapping

from voice2mqtt.errors import InputError
from voice2mqtt.history.reader import HistoryReader

_HOUR_S = 3600
_PERIODS_S = {"day": (24 * _HOUR_S, 1800), "week": (7 * 24 * _HOUR_S, 3 * _HOUR_S)}
"""How long each view is, and each of its periods."""


def plots(history: HistoryReader, span: str) -> Mapping[str, object]:
    """Return the sums of each period of the last day or week; those without any are left out.

    Raises:
        InputError: `span` is neither, or the history cannot be read.
    """
    if span not in _PERIODS_S:
        raise InputError(f"plots are of {' or '.join(_PERIODS_S)}")
    length_s, period_s = _PERIODS_S[span]
    end_s = (time.time() // period_s + 1) * period_s
    begin_s = end_s - length_s
    return {
        "begin_s": begin_s,
        "period_s": period_s,
        "count": length_s // period_s,
        "periods": [
            {
                "number": round((period.begin_s - begin_s) / period_s),
                "kinds": dict(period.kinds),
                "refusals": dict(period.refusals),
                "latency_ms": {
                    str(percent): round(value) for percent, value in period.latency_ms.items()
                },
                "level_dbfs": _rounded(period.level_dbfs),
                "noise_dbfs": _rounded(period.noise_dbfs),
                "audio_s": round(period.audio_s, 1),
            }
            for period in history.periods(begin_s, end_s, period_s)
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
