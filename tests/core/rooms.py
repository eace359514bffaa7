"""Rooms of a house in which time is a number, and a broker between them with lines as slow as told.

A room does with its `Arbitration` what `mqtt/arbitration.py` does with it. A broker passes on what
it gets in the order in which it gets it; a line keeps the order of what it carries.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from voice2mqtt.core.arbitration import Arbitration, Bid, Claims, HeldBack, Stage, Undecided, Won

WINDOW_S = 0.12
LINE_S = 0.005


@dataclass(kw_only=True)
class Saying:
    """What one room makes of a sentence."""

    began_s: float = 0.0
    told_s: float = 0.02
    """When the room notices that speech began."""
    closed_s: float = 0.0
    """When it notices that speech ended; before `decided_s`."""
    decided_s: float = 0.4
    loudness_db: float = -30.0
    score: float = 1.0
    row: str = "light"
    text: str = "turn on the light"
    understands: bool = True
    acted_s: float | None = None
    held: HeldBack | None = None
    wanted_s: float | None = None
    waits: bool = False
    """Whether it was won if the room turns out to be alone."""

    def __post_init__(self) -> None:
        self.closed_s = self.closed_s or (self.told_s + self.decided_s) / 2

    @property
    def open(self) -> bool:
        """Whether it is not settled yet what becomes of it."""
        settled = self.waits or self.acted_s is not None or self.held is not None
        return self.understands and not settled


@dataclass(eq=False)
class Room:
    """One node: its clock, its line to the broker, and what it hears."""

    name: str
    sayings: list[Saying]
    clock_s: float = 0.0
    """What its clock shows at time 0."""
    up: tuple[tuple[float, float], ...] = ((-100.0, 1e9),)
    """From when to when it has a connection."""
    delays_s: Callable[[], float] = lambda: LINE_S
    """How long the next thing takes on its line, either way."""
    old: bool = False
    """Whether it neither tells an instance nor waits for the broker."""
    election: Arbitration = field(init=False)
    connection: int = 0
    """Counts connections; even while there is none."""
    busy_until_s: dict[str, float] = field(default_factory=dict)
    now: Saying | None = None

    def __post_init__(self) -> None:
        self.election = Arbitration(self.name, WINDOW_S, f"run of {self.name}")


class House:
    """Rooms and their broker; `stalls_s` says from when to when that does nothing."""

    def __init__(self, rooms: Iterable[Room], stalls_s: Iterable[tuple[float, float]] = ()) -> None:
        self._rooms = list(rooms)
        self._stalls_s = sorted(stalls_s)
        self._agenda: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()
        self._broker_busy_s = float("-inf")
        self._online: dict[Room, bool] = {}
        self._subscribed: dict[Room, int] = {}

    def play(self) -> None:
        """Let it happen."""
        for room in self._rooms:
            for begin_s, end_s in room.up:
                self._at(begin_s, partial(self._connect, room))
                self._at(end_s, partial(self._disconnect, room))
            for said in room.sayings:
                self._at(said.told_s, partial(self._hear, room, said))
                self._at(said.closed_s, partial(self._close, room, said))
                self._at(said.decided_s, partial(self._want, room, said))
        while self._agenda:
            at_s, _, happen = heapq.heappop(self._agenda)
            happen(at_s)

    def _at(self, at_s: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._order), happen))

    # Lines and the broker.

    def _carry(self, room: Room, way: str, at_s: float, happen: Callable[[float], None]) -> None:
        """Have `happen` at the other end, if the connection lasts; nothing overtakes."""
        arrives_s = max(room.busy_until_s.get(way, at_s), at_s + room.delays_s())
        room.busy_until_s[way] = arrives_s
        connection = room.connection

        def arrive(now_s: float) -> None:
            if room.connection == connection:
                happen(now_s)

        self._at(arrives_s, arrive)

    def _to_broker(self, room: Room, at_s: float, handle: Callable[[float], None]) -> None:
        def arrive(now_s: float) -> None:
            self._broker_busy_s = max(self._broker_busy_s, now_s)
            for begin_s, end_s in self._stalls_s:
                if begin_s <= self._broker_busy_s < end_s:
                    self._broker_busy_s = end_s
            self._at(self._broker_busy_s, handle)

        if room.connection % 2:
            self._carry(room, "up", at_s, arrive)

    def _pass_on(self, what: Callable[[Room, float], None], now_s: float) -> None:
        for room, connection in self._subscribed.items():
            if room.connection == connection:
                self._carry(room, "down", now_s, partial(what, room))

    def _publish_note(self, room: Room, note: Bid, at_s: float) -> None:
        def told(to: Room, now_s: float) -> None:
            answer = to.election.receive(note, now_s + to.clock_s)
            if answer:
                self._publish_note(to, answer, now_s)
            self._judge(to, now_s)

        self._to_broker(room, at_s, partial(self._pass_on, told))

    def _say_there(self, room: Room, now_s: float, *, there: bool) -> None:
        self._online[room] = there

        def told(to: Room, now_s: float) -> None:
            self._see(to, room, now_s, there=there)

        self._pass_on(told, now_s)

    def _see(self, room: Room, other: Room, now_s: float, *, there: bool) -> None:
        if room is not other:
            room.election.membership.see(other.name, now_s + room.clock_s, there=there)
            self._judge(room, now_s)

    def _connect(self, room: Room, now_s: float) -> None:
        room.connection += 1
        room.busy_until_s.clear()
        connection = room.connection

        def subscribe(now_s: float) -> None:
            self._subscribed[room] = connection
            for other, there in self._online.items():
                self._carry(room, "down", now_s, self._seer(room, other, there=there))

        self._to_broker(room, now_s, subscribe)
        self._to_broker(room, now_s, partial(self._say_there, room, there=True))
        note = room.election.join(f"{connection}")
        self._publish_note(room, note, now_s)

    def _seer(self, room: Room, other: Room, *, there: bool) -> Callable[[float], None]:
        return partial(self._see, room, other, there=there)

    def _disconnect(self, room: Room, now_s: float) -> None:
        room.connection += 1
        self._subscribed.pop(room, None)
        room.election.leave(now_s + room.clock_s)
        self._say_there(room, now_s, there=False)
        self._judge(room, now_s)

    # What a room does.

    def _tell(self, room: Room, note: Bid, now_s: float) -> None:
        if room.election.membership.others(now_s + room.clock_s):
            self._publish_note(room, note, now_s)

    def _hear(self, room: Room, said: Saying, now_s: float) -> None:
        if room.now and room.now.open:
            # A room has one sentence after another in hand.
            self._at(now_s + 0.01, partial(self._hear, room, said))
            return
        room.now = said
        clock_s = room.clock_s
        name = f"{said.began_s}"
        self._tell(
            room,
            room.election.hear(name, said.loudness_db, said.began_s + clock_s, now_s + clock_s),
            now_s,
        )

    def _close(self, room: Room, said: Saying, now_s: float) -> None:
        if room.now is not said:
            self._at(now_s + 0.01, partial(self._close, room, said))
            return
        self._tell(room, room.election.end(said.loudness_db, now_s + room.clock_s), now_s)

    def _want(self, room: Room, said: Saying, now_s: float) -> None:
        if room.now is not said:
            self._at(now_s + 0.01, partial(self._want, room, said))
            return
        said.wanted_s = now_s
        stage = Stage.WANTS if said.understands else Stage.PASSES
        note = room.election.move(
            stage, now_s + room.clock_s, row=said.row, text=said.text, score=said.score
        )
        verdict = room.election.verdict(now_s + room.clock_s, now_s + room.clock_s)
        if not isinstance(verdict, HeldBack):
            self._tell(room, note, now_s)
        self._judge(room, now_s)

    def _judge(self, room: Room, now_s: float) -> None:
        said, clock_s = room.now, room.clock_s
        objection = room.election.objection(now_s + clock_s)
        for waiting in (each for each in room.sayings if each.waits and objection is not None):
            waiting.waits = False
            if objection:
                waiting.held = HeldBack(objection)
            else:
                waiting.acted_s = now_s
        if said is None or not said.open or said.wanted_s is None:
            return
        match room.election.verdict(said.wanted_s + clock_s, now_s + clock_s):
            case Undecided(until_s=until_s):
                self._at(max(now_s, until_s - clock_s) + 1e-9, partial(self._judge, room))
            case Claims():
                self._publish_note(room, room.election.move(Stage.ACTS, now_s + clock_s), now_s)
                self._judge(room, now_s)
            case Won(if_alone=True):
                said.waits = True
            case Won():
                said.acted_s = now_s
            case HeldBack() as held:
                said.held = held
                note = room.election.move(Stage.PASSES, now_s + clock_s)
                self._tell(room, note, now_s)
