"""IPA text to phonemes."""

import re
import unicodedata

# Stress, tie bars, syllable breaks, and the marks by which espeak-ng flags a change of language.
_NOT_PHONEMES = re.compile("\\([a-z-]+\\)|[\u02c8\u02cc\u0361\u035c.|\u203f\u200d]")
_LIQUIDS = "ɹrlɫ"


def phonemes(text: str) -> tuple[str, ...]:
    """Return the phonemes of IPA `text`, which are separated by `_` or a space.

    Diphthongs, affricates and long vowels stay one phoneme. A liquid joined to the vowel before it
    (`ɔːɹ`, `əl`) becomes a phoneme of its own, so that it can be deleted alone.
    """
    found: list[str] = []
    for part in _NOT_PHONEMES.sub("", unicodedata.normalize("NFC", text)).replace("_", " ").split():
        stem = part.rstrip(_LIQUIDS)
        found.extend([stem, *part[len(stem) :]] if stem else part)
    return tuple(found)
