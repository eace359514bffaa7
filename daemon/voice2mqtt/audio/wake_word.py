"""microWakeWord's models as a `WakeWordDetector`. The only import of pymicro-wakeword."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voice2mqtt.errors import SettingsError, how_to_add
from voice2mqtt.settings.wake_words import is_model, spoken_forms
from voice2mqtt.settings.yaml.reader import read_text

if TYPE_CHECKING:
    from pymicro_wakeword import MicroWakeWord

_Features = NDArray[np.generic]
"""Of 10 ms of audio, as the library makes them."""

FEATURES_S = 0.01

CUTOFF = 0.6
"""Mean probability from which a wake word counts; a model that asks for less gets less. The models'
own 0.85 to 0.97 are for devices without a second opinion; here the endpointer gives one."""

REFRACTORY_S = 1.0
"""A wake word is told once, although its probability stays high for a while."""

_TFLITE = b"TFL3"
"""What stands in a model of TensorFlow Lite, four bytes from its beginning."""

_CURE = "name the .json of a model, with the .tflite that it names beside it"


class MicroWakeWordDetector:
    """Listens for several wake words at once; their features are computed once."""

    def __init__(self, words: Sequence[str]) -> None:
        """Load the models of `words`: each a name of `BUILT_IN`, or the path of a `.json`.

        Raises:
            SettingsError: The library is not installed, or a file is missing or no model.
        """
        try:
            from pymicro_wakeword import MicroWakeWordFeatures
        except ImportError as error:
            raise SettingsError(
                f"listening.wake_word needs pymicro-wakeword; {how_to_add('wake')}; or leave "
                "wake_word out"
            ) from error
        self._features = MicroWakeWordFeatures()
        self._models = [_Model(word) for word in words]

    def feed(self, pcm: bytes) -> str:
        """Process the next audio; return the wake word that was just said, "" if none."""
        heard = ""
        for features in self._features.process_streaming(pcm):
            for model in self._models:
                if model.hears(features):
                    heard = heard or model.word
        return heard

    def reset(self) -> None:
        """Forget the audio so far."""
        self._features.reset()
        for model in self._models:
            model.reset()

    def close(self) -> None:
        """Release the models."""
        for model in self._models:
            model.close()


class _Model:
    """One model, and when it last fired."""

    def __init__(self, word: str) -> None:
        from pymicro_wakeword import MicroWakeWord, Model

        if is_model(word):
            self._micro = _from_file(Path(word))
        else:
            self._micro = MicroWakeWord.from_builtin(Model(word.replace(" ", "_")))
        (self.word,) = spoken_forms([word])
        self._cutoff = min(CUTOFF, self._micro.probability_cutoff)
        self._deaf_features = 0

    def hears(self, features: _Features) -> bool:
        """Process the features of the next 10 ms; return whether the word was just said."""
        probability = self._micro.process_streaming_prob(features) or 0.0
        if self._deaf_features:
            self._deaf_features -= 1
            return False
        if probability < self._cutoff:
            return False
        self._deaf_features = int(REFRACTORY_S / FEATURES_S)
        return True

    def reset(self) -> None:
        self._micro.reset()
        self._deaf_features = 0

    def close(self) -> None:
        self._micro.close()


def _from_file(description: Path) -> "MicroWakeWord":
    """Return the model that the JSON file `description` describes.

    Raises:
        SettingsError: One of its two files is missing or not what it should be.
    """
    from pymicro_wakeword import MicroWakeWord

    try:
        model = description.parent / str(json.loads(read_text(description))["model"])
        # The engine ends the process at a file that is no model.
        if model.read_bytes()[4:8] != _TFLITE:
            raise SettingsError(f"{model} is no model of TensorFlow Lite; {_CURE}")
        return MicroWakeWord.from_config(description)
    except OSError as error:
        raise SettingsError(f"{model} cannot be read ({error.strerror}); {_CURE}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{description} does not describe a model of microWakeWord; {_CURE}"
        ) from error
