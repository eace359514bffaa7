"""The daemon's interface to MQTT: commands and states go out, controls come in.

It composes the parts of this folder and owns the node's topics. What a control does is decided by
the caller.
"""

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from voice2mqtt import clock
from voice2mqtt.core.decision import Fire, Message
from voice2mqtt.core.event import Event, notice
from voice2mqtt.core.heartbeat import UNWATCHED, Heartbeat
from voice2mqtt.core.jsontext import to_json
from voice2mqtt.mqtt.arbitration import RoomArbitration
from voice2mqtt.mqtt.broker.client_id_conflict import ClientIdConflict, new_instance
from voice2mqtt.mqtt.broker.delivery import (
    ConnectionLost,
    Delivery,
    Incoming,
    Lane,
    OnResult,
    ignore_result,
)
from voice2mqtt.mqtt.broker.link import Link
from voice2mqtt.mqtt.broker.login import login_from
from voice2mqtt.mqtt.broker.outbox import Outbox
from voice2mqtt.mqtt.command_tracker import CommandFailure, CommandTracker
from voice2mqtt.mqtt.confirmation_watcher import ConfirmationWatcher
from voice2mqtt.mqtt.control import BadRequest, Control, read_control
from voice2mqtt.mqtt.hermes import hermes_message
from voice2mqtt.mqtt.home_assistant.discovery_publisher import DiscoveryPublisher
from voice2mqtt.mqtt.report_throttle import ReportThrottle
from voice2mqtt.mqtt.topics import CONTROLS, Topics
from voice2mqtt.settings.model import Settings

log = logging.getLogger(__name__)

EVENT_EXPIRES_S = 3600.0
"""An event has its time, so it is still of use when it comes late; set by hand."""


class MqttAdapter:
    """A node on MQTT. Any thread may call it.

    Raises:
        SettingsError: the settings name no broker that could be reached.
    """

    def __init__(self, settings: Settings, heartbeat: Heartbeat = UNWATCHED) -> None:
        """Prepare; `heartbeat` is the link thread's."""
        self._settings = settings
        self._topics = Topics(settings.mqtt.base, settings.node)
        self._instance = new_instance(time.time())
        self._state: Event = {}
        self._last: Event = {"last_phrase": "", "last_command": "", "latency_ms": None}
        self._activity = "idle"
        self._handler: Callable[[Control], str | None] = _not_ready
        self._bad_requests = ReportThrottle()
        self._closing = False
        self._offline = Delivery(topic=self._topics.availability, payload="offline", retain=True)
        self._link = Link(
            login_from(settings.mqtt, settings.node, self._offline),
            on_up=self._came_up,
            on_down=self._went_down,
            on_message=self._handle_message,
            on_turn=self._turned,
            heartbeat=heartbeat,
        )
        self._outbox = Outbox(self._link, log_topics=settings.privacy.log_text)
        self._name_conflict = ClientIdConflict(self._instance)
        self._confirmations = ConfirmationWatcher(self._link, self._outbox.call_at)
        self.arbitration = RoomArbitration(
            self._topics,
            settings.rooms,
            self._send_now,
            instance=self._instance,
            on_other_instance=self._handle_other_instance,
        )
        """Agrees with the other nodes which of them acts."""
        self._discovery = DiscoveryPublisher(
            self._topics, settings.home_assistant, self._send_owned, settings.console.url
        )
        self._link.subscribe(*(self._topics.control(name) for name in CONTROLS))
        self._link.subscribe(self._topics.availability, self._topics.state)
        self._link.subscribe(*self.arbitration.filters, self._discovery.status)
        self._link.subscribe(self._discovery.filter, background=True)

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

    def on_control(self, handler: Callable[[Control], str | None]) -> None:
        """Have `handler` called with every control, on the link's thread; it must return at once.

        It returns why the control is not taken; "" or None if it is.
        """
        self._handler = handler

    def set_rows(self, names: Sequence[str]) -> None:
        """Announce these rows to Home Assistant, and no others; at start and after a reload."""
        self._discovery.set_rows(names)

    # Commands.

    def publish(
        self,
        message: Message,
        on_done: Callable[[str], None],
        said_s: float | None = None,
        *,
        if_alone: bool = False,
    ) -> None:
        """Deliver one message of a command; see `Outbox.publish` and `carry_out`."""
        objection = self.arbitration.objection if if_alone else None
        self._outbox.publish(message, on_done, said_s, objection=objection)

    def carry_out(
        self, fire: Fire, event_id: str, on_done: Callable[[str], None], *, if_alone: bool = False
    ) -> None:
        """Publish the messages of `fire`, and watch for the device's confirmation; returns at once.

        `if_alone` first waits until it is known whether there is another node, and gives the
        command up if there is.

        `on_done` is called once, on a foreign thread: with "" when the broker has confirmed every
        message and the device its new state, if the row expects that. Otherwise with the reason,
        which was logged and published as `not_done` or `not_obeyed` with `event_id` before.
        """

        def finished(failure: CommandFailure | None) -> None:
            if failure:
                self._report_failure(failure, fire.row, event_id)
            on_done(failure.reason if failure else "")

        publish = partial(self.publish, if_alone=if_alone)
        CommandTracker(fire, finished).start(publish, self._confirmations)

    def _report_failure(self, failure: CommandFailure, row: str, event_id: str) -> None:
        kind, reason = failure.kind, failure.reason
        # The reason names topics, which may repeat what was said.
        why = reason if self._settings.privacy.log_text else "see the event"
        log.warning("%s: %s: %s", kind.replace("_", " "), row, why, extra={"V2M_EVENT": kind})
        self.publish_event(self.new_event(kind, reason=reason, event_id=event_id, row=row))

    def call_at(self, at_s: float, call: Callable[[], None]) -> None:
        """Call `call` on a thread of its own at `at_s`, by `clock.now_s`; it must return soon."""
        self._outbox.call_at(at_s, call)

    # States and events.

    def publish_state(self, state: Mapping[str, object]) -> None:
        """Publish the state, now and after every reconnect; `docs/mqtt.md` has the keys."""
        self._state = dict(state)
        self._publish_state()

    def publish_activity(self, activity: str) -> None:
        """Publish what the node is doing: `idle`, `woken`, `hearing` and so on."""
        self._activity = activity
        self._retain(self._topics.activity, activity)

    def publish_event(self, event: Event) -> None:
        """Publish `event` once, as soon as there is a broker."""
        message = Message(
            topic=self._topics.event, payload=to_json(event), qos=1, expires_s=EVENT_EXPIRES_S
        )
        self._publish_unattended(message)
        if self._settings.mqtt.hermes and (translated := hermes_message(event)):
            self._publish_unattended(translated)
        self._update_last(event)

    def new_event(self, kind: str, *, reason: str = "", event_id: str = "", row: str = "") -> Event:
        """Return an event that is no decision, with time and node filled in."""
        return notice(
            kind,
            event_id=event_id or secrets.token_hex(8),
            at=clock.timestamp(),
            node=self._settings.node,
            reason=reason,
            row=row,
        )

    def close(self, drain_s: float) -> None:
        """Deliver what is due within `drain_s`, publish `offline`, and end."""
        self._closing = True
        self.arbitration.silence("the daemon is ending")
        self._confirmations.close()
        self._outbox.close(drain_s)
        if self._activity != "idle":
            # It is retained, and something may show it: a lamp must not stay lit.
            self.publish_activity("idle")
        # Also where another node of our name owns the topic: it then publishes `online` again.
        self._link.send(self._offline)
        self._link.close(drain_s)

    # Delivery.

    def _publish_unattended(self, message: Message) -> None:
        self._outbox.publish(message, lambda _reason: None, lane=Lane.STATE)

    def _retain(self, topic: str, payload: str) -> None:
        self._send_owned(Delivery(topic=topic, payload=payload, retain=True, lane=Lane.STATE))

    def _send_owned(self, delivery: Delivery, on_result: OnResult = ignore_result) -> None:
        """Deliver on a topic of this node, unless another node of our name owns it."""
        if not self._name_conflict.was_first:
            self._link.send(delivery, on_result)

    def _publish_online(self) -> None:
        """Publish `online`; before we join, so that whoever hears us join knows we are online."""
        if not self._name_conflict.was_first:
            topic = self._topics.availability
            self._link.send(Delivery(topic=topic, payload="online", retain=True))

    def _send_now(self, topic: str, payload: str) -> None:
        self._link.send(Delivery(topic=topic, payload=payload))

    def _publish_state(self) -> None:
        if self._state:
            own = {"name_taken": self._name_conflict.exists, "instance": self._instance}
            state = {**self._state, **self._last, **own}
            self._retain(self._topics.state, to_json(state))

    def _update_last(self, event: Event) -> None:
        """Keep the last phrase and command in the state."""
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
        self._name_conflict.came_up(time.monotonic())
        self._publish_online()
        self._retain(self._topics.activity, self._activity)
        self._publish_state()
        self.arbitration.came_up()
        self._discovery.came_up()
        self._outbox.link_is_up()

    def _went_down(self, lost: ConnectionLost) -> None:
        self._name_conflict.went_down(lost, time.monotonic())
        self.arbitration.went_down()
        self._discovery.went_down()

    def _turned(self) -> None:
        for reason in self._bad_requests.due(time.monotonic()):
            self._report_bad_request(reason)
        self._discovery.turn()

    def _handle_message(self, message: Incoming) -> None:
        if name := self._topics.control_named_by(message.topic):
            self._handle_control(name, message)
        elif message.topic == self._topics.availability:
            self._handle_own_availability(message)
        elif message.topic == self._topics.state and self._name_conflict.handle_state(
            message.payload
        ):
            self._resolve_name_conflict()
        self._discovery.handle_message(message)
        self.arbitration.handle_message(message)
        self._outbox.reconsider()
        self._confirmations.handle_message(message)

    def _handle_control(self, name: str, message: Incoming) -> None:
        if self._name_conflict.was_first:
            return
        control = read_control(name, message.payload, retained=message.retained)
        fault = control.reason if isinstance(control, BadRequest) else self._handler(control)
        if fault and self._bad_requests.note(fault, time.monotonic()):
            self._report_bad_request(fault)

    def _report_bad_request(self, reason: str) -> None:
        log.warning("bad request: %s", reason)
        self.publish_event(self.new_event("bad_request", reason=reason))

    def _handle_own_availability(self, message: Incoming) -> None:
        # It is the will of an earlier connection of ours, or of another node of our name.
        if message.payload == b"offline" and not self._closing:
            self._publish_online()
            if self._name_conflict.exists:
                self._name_conflict.went_offline()
                self._publish_state()

    def _handle_other_instance(self, instance: str) -> None:
        if self._name_conflict.handle_instance(instance):
            self._resolve_name_conflict()

    def _resolve_name_conflict(self) -> None:
        reason = f"another voice2mqtt is called {self._settings.node!r} on this broker"
        if self._name_conflict.was_first:
            hint = "this one does nothing until it is given another name under node:"
            self.arbitration.silence(f"{reason} and was there first; {hint}")
            self._link.rename(f"{self._link.client_id}-{self._instance[-8:]}")
        else:
            hint = "that one does nothing until it is given another name under node:"
        log.error("%s; %s", reason, hint)
        self.publish_event(self.new_event("name_taken", reason=f"{reason}; {hint}"))
        self._publish_state()


def _not_ready(control: Control) -> str:
    return f"{type(control).__name__.lower()}/set came before anybody was ready for it"
