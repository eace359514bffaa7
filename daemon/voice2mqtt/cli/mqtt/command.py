"""`voice2mqtt mqtt forget NODE`: clear what a node has left on the broker."""

import argparse

from voice2mqtt.cli import arguments as common
from voice2mqtt.errors import ExitStatus
from voice2mqtt.mqtt.forgetting import forget
from voice2mqtt.mqtt.topics import Topics
from voice2mqtt.settings.yaml.faults import count
from voice2mqtt.settings.yaml.redaction import shown_address

HELP = "clear what a node that was renamed or taken away has left on the broker"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parts = parser.add_subparsers(metavar="forget", required=True)
    part = parts.add_parser("forget", help=HELP, description=HELP)
    common.settings(part)
    part.add_argument(
        "node", metavar="NODE", type=common.setting("node"), help="what it was called"
    )


def run(args: argparse.Namespace) -> int:
    """Clear its topics.

    Raises:
        SettingsError: the settings are wrong.
        UnavailableError: the broker cannot be reached.
        UserFacingError: the node is running, or the broker does not let us.
    """
    settings = common.load(args)
    topics = forget(settings, Topics(settings.mqtt.base, args.node), settings.home_assistant.prefix)
    broker = shown_address(settings.mqtt.brokers[0])
    if topics:
        print(f"{args.node} is forgotten: {count(len(topics), 'topic')} cleared at {broker}")
    else:
        print(f"nothing of {args.node} is retained at {broker}")
    return ExitStatus.OK
