"""A small home: its table, its clock, and sounds alike from a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from voice2mqtt.core.decision import Ask, Decision, Fire, SlotValue
from voice2mqtt.core.outcome import Heard, Hypothesis
from voice2mqtt.nlu.dialogue.interpreter import Interpreter
from voice2mqtt.nlu.dialogue.policy import LocalTime, Policy
from voice2mqtt.nlu.grammar.table import (
    CommandTable,
    ListValue,
    Publish,
    RangeList,
    Row,
    SlotList,
    TextList,
)
from voice2mqtt.nlu.matching.candidate import Candidate

NOON = LocalTime(minute=12 * 60, weekday=0)


def text_list(**spoken: str) -> TextList:
    """Return a list: what it means = how it is said."""
    return TextList(values=tuple(ListValue(spoken=s, out=out) for out, s in spoken.items()))


def row(name: str, say: str, topic: str, payload: str = "ON") -> Row:
    """Return a plain row."""
    return Row(name=name, say=(say,), publish=(Publish(topic=topic, payload=payload),))


LIGHT = row("light", "turn {switch} [the] {room} light[s]", "home/{room}/light", "{switch}")
DIM = row("dim", "dim [the] {room} to {level} [percent]", "home/{room}/level", "{level}")
BLINDS = row("blinds", "close the blinds", "home/blinds", "CLOSE")
DOOR = replace(row("door", "open the {side} door", "home/door/{side}"), confirm="Open {side} door?")
STOP = replace(row("stop", "stop everything", "home/stop"), wake=False)
ROWS = (LIGHT, DIM, BLINDS, DOOR, STOP)
LISTS: dict[str, SlotList] = {
    "room": text_list(kitchen="kitchen", bedroom="bedroom", living="(lounge|living room)"),
    "switch": text_list(ON="on", OFF="off"),
    "side": text_list(front="front", back="back"),
    "level": RangeList(lowest=0, highest=100),
}


def home(*rows: Row, language: str = "en") -> CommandTable:
    """Return a table of `rows`, or of the usual ones."""
    return CommandTable(rows=rows or ROWS, lists=LISTS, language=language)


@dataclass
class Sounds:
    """What sounds alike, by heart: sentence heard to (row, slots, sentence, distance)."""

    known: Mapping[str, Sequence[tuple[int, Mapping[str, SlotValue], str, float]]] = field(
        default_factory=dict
    )
    near: Mapping[tuple[str, str], float] = field(default_factory=dict)
    gave_up: bool = False

    def search(self, hypotheses: Sequence[Hypothesis]) -> Sequence[Candidate]:
        """Return what is known of any hypothesis."""
        return sorted(
            (
                Candidate(row=n, slots=slots, sentence=said, distance=far, heard=hypothesis.text)
                for hypothesis in hypotheses
                for n, slots, said, far in self.known.get(hypothesis.text, ())
            ),
            key=lambda candidate: candidate.distance,
        )

    def distance(self, heard: str, said: str) -> float:
        """Return the distance known, else the largest."""
        return self.near.get((heard, said), 1.0)


KITCHEN_ON = ["home/kitchen/light = ON"]
BEDROOM_ON = ["home/bedroom/light = ON"]

SOUNDS = Sounds(
    known={
        "turn on the kitten light": [
            (0, {"switch": "ON", "room": "kitchen"}, "turn on the kitchen light", 0.1),
            (0, {"switch": "ON", "room": "bedroom"}, "turn on the bedroom light", 0.3),
        ],
        "turn on the kit room light": [
            (0, {"switch": "ON", "room": "kitchen"}, "turn on the kitchen light", 0.2),
            (0, {"switch": "ON", "room": "bedroom"}, "turn on the bedroom light", 0.205),
        ],
        "learn of the mighty": [(2, {}, "close the blinds", 0.6)],
    },
    near={("how is", "house"): 0.1, ("bad room", "bedroom"): 0.1},
)

WOKEN = Policy(wake_phrases=("house", "hey computer"), wake_grace_s=10.0)


class Speaker:
    """Somebody at home, whose clock only moves when told."""

    def __init__(
        self,
        table: CommandTable | None = None,
        nearest: Sounds | None = None,
        policy: Policy | None = None,
    ) -> None:
        self.interpreter = Interpreter(table or home(), policy, nearest)
        self.now_s = 1000.0
        self.local = NOON

    def says(
        self,
        *texts: str,
        after_s: float = 1.0,
        late_s: float = 0.0,
        confidences: Sequence[float | None] = (),
        aloud: bool = False,
    ) -> tuple[Decision, ...]:
        """Say something, heard as `texts` `late_s` later, `after_s` after the last time."""
        said_s = self.now_s + after_s
        self.now_s = said_s + late_s
        sure = confidences or [None] * len(texts)
        heard = tuple(
            Hypothesis(text=text, confidence=confidence)
            for text, confidence in zip(texts, sure, strict=True)
        )
        outcome = Heard(text=texts[0], hypotheses=heard if confidences or len(texts) > 1 else ())
        return self.interpreter.decide(outcome, self.now_s, self.local, said_s, spoken=aloud)


def published(decisions: Sequence[Decision]) -> list[str]:
    """Return what is published, as `topic = payload`."""
    fires = [decision for decision in decisions if isinstance(decision, Fire)]
    return [f"{m.topic} = {m.payload}" for fire in fires for m in fire.messages]


def question(decisions: Sequence[Decision]) -> str:
    """Return what is asked; "" for nothing."""
    return " ".join(decision.question for decision in decisions if isinstance(decision, Ask))


def reason(decisions: Sequence[Decision]) -> str:
    """Return why."""
    return "; ".join(decision.reason.text for decision in decisions)
