"""The front of this room: what the daemon says to the house and hears from it, by MQTT.

It composes the parts and owns the node's topics. What a control means is the caller's business.
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from voice2mqtt.core.arbitration import HeldBack, Won
from voice2mqtt.core.decision import Fire, Message
from voice2mqtt.core.event import Event, notice
from voice2mqtt.core.heartbeat import UNWATCHED, Heartbeat
from voice2mqtt.mqtt.arbitration import RoomArbitration
from voice2mqtt.mqtt.broker.client_id_conflict import ClientIdConflict, new_instance
from voice2mqtt.mqtt.broker.delivery import (
    Answer,
    ConnectionLost,
    Delivery,
    Incoming,
    Lane,
    unheard,
)
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.mqtt.broker.outbox import Outbox
from voice2mqtt.mqtt.command_tracker import CommandTracker, Shortfall
from voice2mqtt.mqtt.complaints import Complaints
from voice2mqtt.mqtt.confirmation_watcher import ConfirmationWatcher
from voice2mqtt.mqtt.control import BadRequest, Control, read_control
from voice2mqtt.mqtt.hermes import hermes_message
from voice2mqtt.mqtt.home_assistant.discovery_publisher import DiscoveryPublisher
from voice2mqtt.mqtt.provisional import Provisional
from voice2mqtt.mqtt.topics import CONTROLS, Topics
from voice2mqtt.settings.model import Settings

log = logging.getLogger(__name__)

EVENT_EXPIRES_S = 3600.0
"""An event tells what was, with its time; late is better than never, within reason."""


class MqttAdapter:
    """A node of the house on MQTT; a `Publisher`.

    Raises:
        SettingsError: the settings name no broker that could be reached.
    """

    def __init__(self, settings: Settings, heartbeat: Heartbeat = UNWATCHED) -> None:
        """Have the link's thread show its `heartbeat`."""
        self._settings = settings
        self._topics = Topics(settings.mqtt.base, settings.node)
        self._instance = new_instance(time.time())
        self._state: Event = {}
        self._last: Event = {"last_phrase": "", "last_command": "", "latency_ms": None}
        self._activity = "idle"
        self._obey: Callable[[Control], str | None] = _not_yet
        self._complaints = Complaints()
        self._leaving = False
        self._offline = Delivery(topic=self._topics.availability, payload="offline", retain=True)
        self._link = Link(
            login_from(settings.mqtt, settings.node, self._offline),
            on_up=self._came_up,
            on_down=self._went_down,
            on_message=self._hear,
            on_turn=self._turned,
            heartbeat=heartbeat,
        )
        self._outbox = Outbox(self._link, log_topics=settings.privacy.log_text)
        self._twin = ClientIdConflict(self._instance)
        self._obedience = ConfirmationWatcher(self._link)
        self._electorate = RoomArbitration(
            self._topics,
            settings.rooms,
            self._send_now,
            instance=self._instance,
            on_namesake=self._hear_namesake,
        )
        self._provisional = Provisional(self._electorate.objection)
        self._announcer = DiscoveryPublisher(
            self._topics, settings.home_assistant, self._send_owned
        )
        self._link.watch(*(self._topics.control(name) for name in CONTROLS))
        self._link.watch(self._topics.availability, self._topics.state)
        self._link.watch(*self._electorate.filters, self._announcer.status)
        self._link.watch(self._announcer.filter, loosely=True)

    @property
    def up(self) -> bool:
        """Whether the broker is reached at this moment."""
        return self._link.up

    @property
    def tried(self) -> bool:
        """Whether it is known if the broker can be reached."""
        return self._link.tried

    def start(self) -> None:
        """Begin to connect; returns at once. A broker that is not there is waited for."""
        self._outbox.start()
        self._link.start()

    def on_control(self, obey: Callable[[Control], str | None]) -> None:
        """Have `obey` called with every control, on a foreign thread; it must return at once.

        It returns why it will not do it, if it will not.
        """
        self._obey = obey

    def set_rows(self, names: Sequence[str]) -> None:
        """Announce these rows to Home Assistant, and no others; at start and after a reload."""
        self._announcer.set_rows(names)

    # What is done.

    def publish(
        self, message: Message, on_done: Callable[[str], None], said_s: float | None = None
    ) -> None:
        """Deliver one message; see `core.ports.Publisher`."""
        self._outbox.publish(message, on_done, said_s)

    def carry_out(
        self, fire: Fire, event_id: str, on_done: Callable[[str], None], *, if_alone: bool = False
    ) -> None:
        """Publish the messages of `fire`, and watch whether the device obeys; returns at once.

        `if_alone` first waits until it is known that there is no other node, and only then does it.

        `on_done` is called once, on a foreign thread: with "" when the broker has confirmed every
        message and the device, if its word is expected, has said so. Otherwise with the reason,
        which has then been logged and told as `not_done` or `not_obeyed` with `event_id`.
        """

        def told(shortfall: Shortfall | None) -> None:
            if shortfall:
                self._tell_shortfall(shortfall, fire.row, event_id)
            on_done(shortfall.reason if shortfall else "")

        errand = CommandTracker(fire, told)
        if not if_alone:
            errand.run(self, self._obedience)
            return
        self._provisional.add(
            lambda: errand.run(self, self._obedience),
            lambda reason: told(Shortfall("not_done", reason)),
            max((message.expires_s for message in fire.messages), default=0.0),
        )

    def _tell_shortfall(self, shortfall: Shortfall, row: str, event_id: str) -> None:
        kind, reason = shortfall.kind, shortfall.reason
        # The reason names topics, and with them what was said.
        why = reason if self._settings.privacy.log_text else "see the event"
        log.warning("%s: %s: %s", kind.replace("_", " "), row, why, extra={"V2M_EVENT": kind})
        self.publish_event(self.notice(kind, reason=reason, event_id=event_id, row=row))

    # What is told.

    def publish_state(self, state: Mapping[str, object]) -> None:
        """Say how the node is, now and after every reconnect; `docs/mqtt.md` has the keys."""
        self._state = dict(state)
        self._publish_state()

    def publish_activity(self, activity: str) -> None:
        """Say what the node is doing: `idle`, `hearing`, `recognising` or `asking`."""
        self._activity = activity
        self._retain(self._topics.activity, activity)

    def publish_event(self, event: Event) -> None:
        """Say what happened, once, as soon as there is a broker."""
        message = Message(
            topic=self._topics.event, payload=to_json(event), qos=1, expires_s=EVENT_EXPIRES_S
        )
        self._publish_unattended(message)
        if self._settings.mqtt.hermes and (translated := hermes_message(event)):
            self._publish_unattended(translated)
        self._remember(event)

    def notice(self, kind: str, *, reason: str = "", event_id: str = "", row: str = "") -> Event:
        """Return an event of our own that is no decision, stamped with time and node."""
        return notice(
            kind,
            event_id=event_id or secrets.token_hex(8),
            at=datetime.now(UTC).astimezone().isoformat(timespec="milliseconds"),
            node=self._settings.node,
            reason=reason,
            row=row,
        )

    # Several nodes.

    @property
    def others(self) -> frozenset[str]:
        """Names of the other nodes that are there."""
        return self._electorate.others

    @property
    def follows(self) -> bool:
        """Whether a sentence that begins now can be agreed on with the other nodes."""
        return self._electorate.follows

    def speech_began(self, loudness_db: float, began_s: float = 0.0) -> None:
        """Tell the other nodes that somebody speaks here, so loud (dBFS) as far as is known.

        `began_s` is the monotonic time at which speech began; 0 is just now.
        """
        self._electorate.speech_began(loudness_db, began_s)

    def speech_ended(self, loudness_db: float) -> None:
        """Tell the other nodes how loud (dBFS) it was, while it is being recognised."""
        self._electorate.speech_ended(loudness_db)

    def elect(self, *, row: str, text: str, score: float) -> Won | HeldBack:
        """Return whether this node acts on what it heard last; at once if it is the only node."""
        return self._electorate.elect(row=row, text=text, score=score)

    def abstain(self) -> None:
        """Tell the other nodes that what was heard last is no command here."""
        self._electorate.abstain()

    def close(self, drain_s: float) -> None:
        """Deliver what is due within `drain_s`, say that we are gone, and end."""
        self._leaving = True
        self._electorate.silence("the daemon is ending")
        self._provisional.close()
        self._obedience.close()
        self._outbox.close(drain_s)
        if self._activity != "idle":
            # A lamp that shows what goes on must not stay lit.
            self.publish_activity("idle")
        # Even if the topic is another node's: that one says then that it is online.
        self._link.send(self._offline)
        self._link.close(drain_s)

    # Delivery.

    def _publish_unattended(self, message: Message) -> None:
        self._outbox.publish(message, lambda _reason: None, lane=Lane.STATE)

    def _retain(self, topic: str, payload: str) -> None:
        self._send_owned(Delivery(topic=topic, payload=payload, retain=True, lane=Lane.STATE))

    def _send_owned(self, delivery: Delivery, answer: Answer = unheard) -> None:
        """Deliver on a topic that is the node's, unless another of our name has it."""
        if not self._twin.is_first:
            self._link.send(delivery, answer)

    def _say_online(self) -> None:
        """Ahead of our word that we join: who hears that knows then that we are there."""
        if not self._twin.is_first:
            topic = self._topics.availability
            self._link.send(Delivery(topic=topic, payload="online", retain=True))

    def _send_now(self, topic: str, payload: str) -> None:
        self._link.send(Delivery(topic=topic, payload=payload))

    def _publish_state(self) -> None:
        if self._state:
            own = {"name_taken": self._twin.is_there, "instance": self._instance}
            state = {**self._state, **self._last, **own}
            self._retain(self._topics.state, to_json(state))

    def _remember(self, event: Event) -> None:
        """Keep in the state what was said last, for those who come later."""
        before = dict(self._last)
        if event["text"] and self._settings.privacy.log_text:
            self._last["last_phrase"] = event["text"]
        if event["event"] == "command":
            self._last["last_command"] = event["row"]
            self._last["latency_ms"] = event["latency_ms"]
        if self._last != before:
            self._publish_state()

    # On the link's thread.

    def _came_up(self) -> None:
        self._twin.came_up(time.monotonic())
        self._say_online()
        self._retain(self._topics.activity, self._activity)
        self._publish_state()
        self._electorate.came_up()
        self._announcer.came_up()
        self._outbox.line_is_up()

    def _went_down(self, lost: ConnectionLost) -> None:
        self._twin.went_down(lost, time.monotonic())
        self._electorate.went_down()
        self._announcer.went_down()

    def _turned(self) -> None:
        for complaint in self._complaints.due(time.monotonic()):
            self._complain(complaint)
        self._announcer.turn()

    def _hear(self, message: Incoming) -> None:
        if name := self._topics.control_named_by(message.topic):
            self._hear_control(name, message)
        elif message.topic == self._topics.availability:
            self._hear_of_ourselves(message)
        elif message.topic == self._topics.state and self._twin.shows_in(message.payload):
            self._part_from_twin()
        self._announcer.hear(message)
        self._electorate.hear(message)
        self._provisional.look()
        self._obedience.hear(message)

    def _hear_control(self, name: str, message: Incoming) -> None:
        if self._twin.is_first:
            return
        asked = read_control(name, message.payload, retained=message.retained)
        fault = asked.reason if isinstance(asked, BadRequest) else self._obey(asked)
        if fault and self._complaints.note(fault, time.monotonic()):
            self._complain(fault)

    def _complain(self, complaint: str) -> None:
        log.warning("bad request: %s", complaint)
        self.publish_event(self.notice("bad_request", reason=complaint))

    def _hear_of_ourselves(self, message: Incoming) -> None:
        # The will of an earlier connection of ours, or of another node of our name.
        if message.payload == b"offline" and not self._leaving:
            self._say_online()
            if self._twin.is_there:
                self._twin.left()
                self._publish_state()

    def _hear_namesake(self, instance: str) -> None:
        if self._twin.speaks(instance):
            self._part_from_twin()

    def _part_from_twin(self) -> None:
        reason = f"another voice2mqtt is called {self._settings.node!r} on this broker"
        if self._twin.is_first:
            cure = "this one does nothing until it is given another name under node:"
            self._electorate.silence(f"{reason} and was there first; {cure}")
            self._link.rename(f"{self._link.client_id}-{self._instance[-8:]}")
        else:
            cure = "that one does nothing until it is given another name under node:"
        log.error("%s; %s", reason, cure)
        self.publish_event(self.notice("name_taken", reason=f"{reason}; {cure}"))
        self._publish_state()


def to_json(value: Mapping[str, object]) -> str:
    """Return `value` as JSON that every broker takes, whatever was recognised."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()


def _not_yet(control: Control) -> str:
    return f"{type(control).__name__.lower()}/set came before anybody was ready for it"
