"""The running daemon: who is started, who is asked to end, and in which order.

Threads, each with one owner and one job: capture, in the ear; the loop, here, which reads like
the picture in the design; the broker's; the SDK's own. The main thread supervises: it takes
notices out of the inbox, so that a signal is never kept waiting by a recognition.
"""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from voice2mqtt.core.ports import Ear, Recognizer
from voice2mqtt.errors import SettingsError
from voice2mqtt.mqtt.control import Control, Listen, Mute, Reload, Say
from voice2mqtt.mqtt.room import MqttRoom
from voice2mqtt.service.hostwatch import HostWatch
from voice2mqtt.service.house import House
from voice2mqtt.service.inbox import (
    Asked,
    Host,
    Inbox,
    LoopEnded,
    Microphone,
    NotDone,
    Stop,
    TableChanged,
)
from voice2mqtt.service.notify import Notifier
from voice2mqtt.service.state import NodeState
from voice2mqtt.service.tablewatch import TableWatch
from voice2mqtt.service.watchdog import Watchdog

TICK_S = 1.0
FINISH_WITHIN_S = 1.2
"""How long an utterance already heard may take to be recognised after a stop was asked for."""
DRAIN_S = 0.5

log = logging.getLogger(__name__)


class Daemon:
    """Everything that runs; `service.build` makes one from settings."""

    def __init__(
        self,
        *,
        ear: Ear,
        recognizer: Recognizer,
        house: House,
        room: MqttRoom,
        state: NodeState,
        inbox: Inbox,
        host_watch: HostWatch,
        table_watch: TableWatch,
        host_name: str,
    ) -> None:
        """Take the parts, already introduced to each other."""
        self._ear = ear
        self._recognizer = recognizer
        self._house = house
        self._room = room
        self._state = state
        self._inbox = inbox
        self._host_watch = host_watch
        self._table_watch = table_watch
        self._host_name = host_name
        self._notifier = Notifier.from_environment()
        self._watchdog = Watchdog(self._notifier)
        self._loop = threading.Thread(target=self._listen, name="loop", daemon=True)
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Start, serve until a signal or the end of the source, drain, stop.

        Raises:
            UserFacingError: the source of audio went bad for good.
        """
        with _signals(self._inbox):
            self._room.on_control(lambda control: self._inbox.put(Asked(control)))
            self._room.start()
            self._host_watch.start()
            self._watchdog.start()
            self._loop.start()
            self._notifier.ready(self._state.sentence())
            why = self._supervise()
            self._stop(why)
        if self._failure:
            raise self._failure

    def stop(self, why: str) -> None:
        """Have `run` come to its end. Any thread may call it."""
        self._inbox.put(Stop(why))

    def _listen(self) -> None:
        failure: BaseException | None = None
        try:
            for utterance in self._ear.utterances():
                self._watchdog.beat("loop")
                if not self._state.muted:
                    self._house.hear(utterance, self._recognizer)
                self._watchdog.rest("loop")
        except BaseException as error:  # noqa: BLE001 - raised again by the supervisor
            failure = error
        self._inbox.put(LoopEnded(failure))

    def _supervise(self) -> str:
        """Handle notices until one of them ends the daemon; return why."""
        while True:
            notice = self._inbox.take(TICK_S)
            match notice:
                case Stop(why=why):
                    return why
                case LoopEnded(failure=failure):
                    self._failure = failure
                    return "the audio has ended"
                case Asked(control=control):
                    self._obey(control)
                case Microphone(state=state):
                    self._state.microphone = state
                    (log.info if state.listening else log.warning)("%s", state.sentence)
                case Host(fault=fault):
                    self._host_changed(fault)
                case NotDone(event=event, topic=topic, reason=reason):
                    self._house.not_done(event, topic, reason)
                case TableChanged():
                    self._reload()
                case None:
                    if self._table_watch.changed():
                        self._reload()
            if self._state.broker_up != self._room.up or notice is not None:
                self._state.broker_up = self._room.up
                self._room.publish_state(self._state.document())
            self._notifier.status(self._state.sentence())

    def _obey(self, control: Control) -> None:
        match control:
            case Mute(on=on):
                self._state.muted = on
                log.info("muted" if on else "listening again")
            case Say(text=text):
                self._house.say(text)
            case Reload():
                self._reload()
            case Listen():
                log.info("listening without a wake phrase")

    def _host_changed(self, fault: str) -> None:
        self._state.host_fault = fault
        if fault:
            log.warning("the Speech host %s is away: %s; waiting for it", self._host_name, fault)
        else:
            log.info("the Speech host %s is there", self._host_name)

    def _reload(self) -> None:
        self._notifier.reloading()
        try:
            count = self._table_watch.reload()
        except SettingsError as error:
            self._house.tell(self._room.notice("reload_refused", reason=str(error)))
            said = "the new table is wrong, the old one stays"
        else:
            self._house.tell(self._room.notice("reloaded", reason=f"{count} rows"))
            said = f"table read again, {count} rows"
        self._notifier.ready(f"{said}; {self._state.sentence()}")

    def _stop(self, why: str) -> None:
        log.info("stopping: %s", why)
        self._notifier.stopping(why)
        self._host_watch.stop()
        self._ear.close()
        self._loop.join(FINISH_WITHIN_S)
        if self._loop.is_alive():
            self._recognizer.close()
            self._loop.join(FINISH_WITHIN_S)
        self._room.close(DRAIN_S)
        self._watchdog.stop()
        self._notifier.close()


@contextmanager
def _signals(inbox: Inbox) -> Iterator[None]:
    """Turn signals into notices while the daemon runs."""
    notices = {
        signal.SIGTERM: Stop("asked to by SIGTERM"),
        signal.SIGINT: Stop("asked to by Ctrl-C"),
        signal.SIGHUP: TableChanged(),
    }
    before = {}
    for number, notice in notices.items():
        before[number] = signal.signal(number, lambda *_, notice=notice: inbox.put(notice))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
