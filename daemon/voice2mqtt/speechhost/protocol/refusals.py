"""What the host refuses, in words that the Speech SDK shows to the person at the client. Pure.

An answer without what was asked for would look as if all were fine.
"""

from collections.abc import Collection, Mapping
from http import HTTPStatus

from voice2mqtt.languages.language import primary_of
from voice2mqtt.nlu.grammar.table import Json
from voice2mqtt.speechhost.protocol.frames import ProtocolError
from voice2mqtt.speechhost.protocol.request_options import RequestOptions, member, section

_MAX_NAMED = 40
"""Characters of a client's languages: a close frame has 123 bytes for a reason (RFC 6455)."""
UNKNOWN_LANGUAGE = "Unknown"

_OTHER_SERVICES = {
    "/speech/translation": "this host does not translate; use a SpeechRecognizer",
    "/cognitiveservices": "this host does not speak: it has speech to text alone, and no voices",
    "/tts": "this host does not speak: it has speech to text alone, and no voices",
    "/speechtotext": "this host has no batch transcription and no custom speech",
}
"""By the beginning of the path."""
_TRANSLATION = _OTHER_SERVICES["/speech/translation"]
OF_PAGES = "web pages need a key here; start the host with --key-file"
OVERLOADED = "this host has too much to do; ask again, or give it more cores"
REASONS = {HTTPStatus.FORBIDDEN: OF_PAGES, HTTPStatus.SERVICE_UNAVAILABLE: OVERLOADED}
"""By the status with which a client is refused, where that does not say it."""
_PRONUNCIATION = "this host does not assess pronunciation; leave PronunciationAssessmentConfig out"


class UnsupportedRequestError(ProtocolError):
    """The client asks for what this host does not do; the text tells what, and what to do."""


def of_path(path: str) -> tuple[HTTPStatus, str]:
    """Return the answer to a request for a path at which nothing is served."""
    for beginning, reason in _OTHER_SERVICES.items():
        if path.startswith(beginning):
            return HTTPStatus.BAD_REQUEST, reason
    return HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND.phrase


def refuse_other_services(context: Mapping[str, Json]) -> None:
    """Raise UnsupportedRequestError if `context` begins a turn of more than speech to text."""
    detection = section(context, "phraseDetection")
    if member(section(context, "translation"), "targetLanguages"):
        raise UnsupportedRequestError(_TRANSLATION)
    for parent in (context, detection):
        if member(section(parent, "enrichment"), "pronunciationAssessment") is not None:
            raise UnsupportedRequestError(_PRONUNCIATION)


def language_fault(options: RequestOptions, spoken: str, known: Collection[str] = ()) -> str:
    """Return what is wrong with the languages of a client, "" if one of them can be recognised.

    `spoken` is the language of the engine ("en-US"), `known` the codes of all that it knows.
    """
    asked = options.offered_languages
    if not {primary_of(spoken), *known}.isdisjoint(map(primary_of, asked)):
        return ""
    named = ascii(", ".join(asked))[1:-1]
    named = named if len(named) <= _MAX_NAMED else named[: _MAX_NAMED - 3] + "..."
    return f"this host recognises {spoken} alone, not {named}; set the recognition language"
