"""The broker: login, publish and read back, rights for the table's topics, discovery."""

from collections.abc import Iterator
from itertools import islice

from voice2mqtt.core.outcome import Heard
from voice2mqtt.errors import UserFacingError
from voice2mqtt.mqtt.home_assistant.discovery import discovery_key
from voice2mqtt.mqtt.probe import BrokerReport, examine_broker
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.nlu.grammar.enumerate import ANYTHING, Sentences
from voice2mqtt.nlu.grammar.table import CommandTable
from voice2mqtt.service.checks.check_result import CheckResult, error, ok, skipped, warning
from voice2mqtt.service.checks.table_tests import published, unconditional_interpreter
from voice2mqtt.settings.model import MqttSettings, Settings
from voice2mqtt.settings.yaml.redaction import shown_address

_NAME = "broker"
_MOST_SENTENCES = 500
"""Of a table, whose topics are asked about; set by hand."""
_MOST_TOLD = 4
"""Topics that a result names; set by hand."""


def check_broker(
    settings: Settings, table: CommandTable, *, service_runs: bool
) -> Iterator[CheckResult]:
    """Yield what the broker lets us do, and whether Home Assistant can find us there."""
    topics = topics_of(table, settings)
    own = Topics(settings.mqtt.base, settings.node)
    asked = [own.availability, own.state, own.activity, own.event, *topics]
    if settings.home_assistant.discovery:
        key = discovery_key(own)
        asked.insert(0, f"{settings.home_assistant.prefix}/switch/{key}/mute/config")
    broker = ", ".join(map(shown_address, settings.mqtt.brokers))
    try:
        report = examine_broker(settings, asked)
    except UserFacingError as fault:
        said = str(fault).partition("; ")[0]
        yield error(_NAME, f"{broker}: {said}", cure_of(str(fault), settings.mqtt))
        return
    if report.round_trip_s is None:
        yield error(
            _NAME,
            f"{broker} takes our login, but what we publish below {own.root}/ does not come back",
            f"let its user read and write there: `topic readwrite {settings.mqtt.base}/#` in the "
            "access list (docs/mqtt.md)",
        )
    else:
        told = f"published and read back in {report.round_trip_s * 1000:.0f} ms"
        yield ok(_NAME, f"{broker}, MQTT {report.version}: {told}")
    yield _rights(report, asked)
    yield _discovery(report, settings, service_runs=service_runs)


def topics_of(table: CommandTable, settings: Settings) -> list[str]:
    """Return topics that the rows publish to: every value of a list occurs in one."""
    interpreter = unconditional_interpreter(table, settings)
    said = (
        sentence.replace(ANYTHING, "something")
        for row in table.rows
        for template in row.say
        for sentence in Sentences(template, table.lists, table.rules).cover()
    )
    found: dict[str, None] = {}
    for sentence in islice(said, _MOST_SENTENCES):
        messages = published(Heard(text=sentence), interpreter)
        found |= dict.fromkeys(message.topic for message in messages)
    return list(found)


def cure_of(fault: str, settings: MqttSettings) -> str:
    """Return what to do when no connection comes about because of `fault`."""
    if "certificate is not trusted" in fault:
        return (
            "name the certificate of its authority: `mqtt: {ca_file: certificates/ca.pem}`; the "
            "broker's name in mqtt.broker must be one that its certificate is for"
        )
    if "mqtt.username" in fault:
        known = (
            "check name and password" if settings.username else "name a user that the broker knows"
        )
        return (
            f"{known}: `mqtt: {{username: NAME, password_file: secrets/mqtt-password}}`; for "
            "mosquitto it is made by `sudo mosquitto_passwd /etc/mosquitto/passwd NAME`"
        )
    if "is not known" in fault:
        return "correct the name in mqtt.broker, or write the address: `mqtt://192.168.1.10:1883`"
    if "nobody listens" in fault:
        return (
            "for one on this machine: `sudo apt install mosquitto`, `sudo systemctl start "
            "mosquitto`; if it is elsewhere, correct mqtt.broker"
        )
    return "check address, port and kind (mqtt, mqtts, ws, wss) in mqtt.broker"


def _rights(report: BrokerReport, asked: list[str]) -> CheckResult:
    name = "topics"
    if not report.answers:
        return skipped(name, "this broker does not tell which topics may be published to (MQTT 5)")
    if refused := report.refused:
        shown = ", ".join(refused[:_MOST_TOLD]) + (" …" if len(refused) > _MOST_TOLD else "")
        lines = ", ".join(f"`topic write {topic}`" for topic in refused[:1])
        return error(
            name,
            f"the broker forbids us to publish to {len(refused)} of {len(asked)} topics: {shown}",
            f"allow them to our user in its access list, such as {lines} (docs/mqtt.md)",
        )
    return ok(name, f"we may publish to each of {len(asked)} topics")


def _discovery(report: BrokerReport, settings: Settings, *, service_runs: bool) -> CheckResult:
    name, wanted = "Home Assistant", settings.home_assistant
    if not wanted.discovery:
        return ok(name, "discovery is switched off in the settings")
    if report.announced:
        return ok(
            name,
            f"{report.announced} entities are announced below {wanted.prefix}/; the node is "
            f"{report.availability or 'not yet seen'}",
        )
    if report.availability == "online" or service_runs:
        return warning(
            name,
            f"the node runs, but none of its entities is announced below {wanted.prefix}/",
            f"let its user read and write `topic readwrite {wanted.prefix}/#` (docs/mqtt.md), and "
            "restart it",
        )
    return warning(
        name,
        f"nothing is announced below {wanted.prefix}/ yet: the daemon has not run with this broker",
        "start it: `voice2mqtt run`, or `systemctl start voice2mqtt`; without Home Assistant write "
        "`home_assistant: {discovery: false}`",
    )
