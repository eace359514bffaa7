"""The parameters of a request, taken out and checked. Pure."""

from base64 import b64decode
from collections.abc import Mapping

from voice2mqtt.core.audio import RATE_HZ, SAMPLE_BYTES
from voice2mqtt.errors import InputError

LONGEST_RECORDING_S = 20
"""The page stops sooner. Set by hand."""
_LONGEST_SENTENCE = 1000
"""Characters of a typed sentence."""

Given = Mapping[str, object]
"""The query of a request, or its JSON body."""


def text_of(given: Given, key: str) -> str:
    """Return the text at `key`.

    Raises:
        InputError: there is none.
    """
    value = given.get(key)
    if not isinstance(value, str):
        raise InputError(f"the request lacks the text {key}")
    return value


def sentence_of(given: Given) -> str:
    """Return the typed sentence.

    Raises:
        InputError: there is none, or it cannot be one.
    """
    sentence = text_of(given, "text").strip()
    if not sentence or not sentence.isprintable() or len(sentence) > _LONGEST_SENTENCE:
        raise InputError(f"type one sentence of 1 to {_LONGEST_SENTENCE} printable characters")
    return sentence


def recording_of(given: Given) -> bytes:
    """Return the recorded samples, 16 kHz, mono, which come as base64.

    Raises:
        InputError: there are none, or too many.
    """
    encoded = text_of(given, "pcm")
    try:
        pcm = b64decode(encoded, validate=True)
    except ValueError as error:
        raise InputError("the recording is not base64") from error
    if not pcm or len(pcm) % SAMPLE_BYTES:
        raise InputError("the recording is not of whole samples of 16 bits")
    if len(pcm) > LONGEST_RECORDING_S * RATE_HZ * SAMPLE_BYTES:
        raise InputError(f"the recording is longer than {LONGEST_RECORDING_S} s")
    return pcm
