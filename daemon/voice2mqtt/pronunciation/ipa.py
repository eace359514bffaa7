"""IPA text to phonemes. Knows the alphabet; knows nothing of who wrote it."""

import re
import unicodedata

# Stress, tie bars, syllable breaks and the marks by which espeak-ng flags a change of language.
_SILENT = re.compile("\\([a-z-]+\\)|[\u02c8\u02cc\u0361\u035c.|\u203f\u200d]")
_LIQUIDS = "ɹrlɫ"


def phonemes(text: str) -> tuple[str, ...]:
    """Return the phonemes of IPA `text`, in which `_` or space stands between them.

    Diphthongs, affricates and long vowels stay one phoneme; a liquid that the writer joined to
    the vowel before it (`ɔːɹ`, `əl`) becomes one of its own, so that it can be lost alone.
    """
    found: list[str] = []
    for part in _SILENT.sub("", unicodedata.normalize("NFC", text)).replace("_", " ").split():
        stem = part.rstrip(_LIQUIDS)
        found.extend([stem, *part[len(stem) :]] if stem else part)
    return tuple(found)
