"""A cluster of RabbitMQ on this machine, with its MQTT plugin; Debian's rabbitmq-server."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.broker import Certificates, wait_until

from voice2mqtt.demo.stage import free_port

STARTED_WITHIN_S = 120.0
_PLACES = f"{sys.prefix}/bin:/usr/lib/rabbitmq/bin:/usr/bin"
_CONFIGURATION = """
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:{port}
mqtt.allow_anonymous = true
mqtt.default_user = guest
mqtt.default_pass = guest
cluster_formation.peer_discovery_backend = classic_config
{peers}
"""


def is_installed() -> bool:
    """Return whether there is a RabbitMQ to be started."""
    return all(shutil.which(name, path=_PLACES) for name in ("rabbitmq-server", "epmd"))


class Node:
    """A node of the cluster; it speaks MQTT 3.1.1."""

    def __init__(
        self, folder: Path, name: str, peers: Sequence[str], environment: dict[str, str]
    ) -> None:
        self.host, self.port = "127.0.0.1", free_port()
        self.certificates: Certificates | None = None
        self.url = f"mqtt://127.0.0.1:{self.port}"
        self._folder = folder / name
        self._folder.mkdir()
        self._log = self._folder / "log"
        lines = (
            f"cluster_formation.classic_config.nodes.{number} = {peer}@localhost"
            for number, peer in enumerate(peers, start=1)
        )
        configuration = self._folder / "rabbitmq.conf"
        configuration.write_text(_CONFIGURATION.format(port=self.port, peers="\n".join(lines)))
        plugins = self._folder / "plugins"
        plugins.write_text("[rabbitmq_mqtt].\n")
        self._environment = environment | {
            "RABBITMQ_NODENAME": f"{name}@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONFIG_FILE": str(configuration),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_MNESIA_BASE": str(self._folder),
            "RABBITMQ_LOG_BASE": str(self._folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-setcookie bench",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to start it; `wait` for it."""
        program = shutil.which("rabbitmq-server", path=_PLACES)
        assert program
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                program, stdout=log, stderr=log, env=self._environment, start_new_session=True
            )

    def wait(self) -> None:
        """Return when it takes clients."""
        wait_until(lambda: "startup complete" in self.log(), "RabbitMQ", STARTED_WITHIN_S)

    def log(self) -> str:
        """Return what it wrote since it was started."""
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """End it, and what it started, without a word to anybody (SIGKILL)."""
        process, self._process = self._process, None
        if process:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def cluster(folder: Path, size: int) -> Iterator[list[Node]]:
    """Run a cluster of that many nodes; all of its files are in `folder`."""
    names = [f"rabbit{number}" for number in range(1, size + 1)]
    program = shutil.which("epmd", path=_PLACES)
    assert program
    # Its own, since one that a node starts would outlive it.
    names_port = str(free_port())
    environment = os.environ | {
        "HOME": str(folder), "ERL_EPMD_PORT": names_port, "ERL_EPMD_ADDRESS": "127.0.0.1",
    }  # fmt: skip
    nodes = [Node(folder, name, names, environment) for name in names]
    with subprocess.Popen([program, "-port", names_port], env=environment) as registry:
        try:
            for node in nodes:
                node.start()
            for node in nodes:
                node.wait()
            yield nodes
        finally:
            for node in nodes:
                node.kill()
            registry.terminate()
