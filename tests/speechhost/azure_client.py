"""The real Azure Speech SDK, set up so that a failing test fails soon."""

import azure.cognitiveservices.speech as sdk


def configured(url: str, **options: str) -> sdk.SpeechConfig:
    config = sdk.SpeechConfig(host=url, **options)
    config.set_property_by_name("SPEECH-OneShotRecognition-OperationTimeoutMs", "15000")
    config.set_property_by_name("SPEECH-StopRecognitionTimeoutInSeconds", "1")
    return config


class Client:
    """A recognizer on a push stream."""

    def __init__(
        self, config: sdk.SpeechConfig, form: sdk.audio.AudioStreamFormat | None = None
    ) -> None:
        self.stream = sdk.audio.PushAudioInputStream(form)
        self.recognizer = sdk.SpeechRecognizer(config, sdk.audio.AudioConfig(stream=self.stream))

    def once(self, pcm: bytes, *, close: bool = False) -> sdk.SpeechRecognitionResult:
        self.stream.write(pcm)
        if close:
            self.stream.close()
        return self.recognizer.recognize_once_async().get()
