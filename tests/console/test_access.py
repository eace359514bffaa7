"""Who may do what: names, proxies, other sites, the token."""

import pytest

from voice2mqtt.console.access import Access, Need
from voice2mqtt.settings.model import ConsoleSettings

TOKEN = "the-token"
LOCAL = Access(ConsoleSettings(listen="127.0.0.1:8099"), 8099)
PUBLIC = Access(ConsoleSettings(listen="127.0.0.1:8099", origin="https://voice.example.org"), 8099)
HERE = {"Host": "127.0.0.1:8099"}
THERE = {"Host": "voice.example.org"}
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("access", "need", "headers", "status"),
    [
        pytest.param(LOCAL, Need.FILES, HERE, 0, id="page"),
        pytest.param(LOCAL, Need.READ, HERE, 0, id="reading-on-loopback-is-free"),
        pytest.param(LOCAL, Need.READ, {"Host": "localhost:8099"}, 0, id="localhost"),
        pytest.param(LOCAL, Need.READ, {"Host": "[::1]:8099"}, 0, id="ipv6"),
        pytest.param(LOCAL, Need.READ, HERE | {"Origin": "http://127.0.0.1:8099"}, 0, id="own"),
        pytest.param(LOCAL, Need.READ, HERE | {"Sec-Fetch-Site": "same-origin"}, 0, id="own-site"),
        pytest.param(LOCAL, Need.CHANGE, HERE, 401, id="change-without-token"),
        pytest.param(LOCAL, Need.CHANGE, HERE | RIGHT, 0, id="change"),
        pytest.param(
            LOCAL, Need.CHANGE, HERE | {"Authorization": "Bearer wrong"}, 401, id="wrong-token"
        ),
        pytest.param(
            LOCAL, Need.CHANGE, HERE | {"Authorization": f"Basic {TOKEN}"}, 401, id="other-scheme"
        ),
        pytest.param(LOCAL, Need.FILES, {"Host": "evil.example"}, 421, id="rebinding"),
        pytest.param(LOCAL, Need.FILES, {"Host": "127.0.0.1:1234"}, 421, id="other-port"),
        pytest.param(LOCAL, Need.FILES, {}, 421, id="no-host"),
        pytest.param(LOCAL, Need.READ, HERE | {"Origin": "http://evil.example"}, 403, id="origin"),
        pytest.param(LOCAL, Need.READ, HERE | {"Origin": "null"}, 403, id="sandboxed-origin"),
        pytest.param(LOCAL, Need.READ, HERE | {"Sec-Fetch-Site": "cross-site"}, 403, id="site"),
        pytest.param(LOCAL, Need.FILES, HERE | {"Sec-Fetch-Site": "cross-site"}, 0, id="a-link"),
        pytest.param(
            LOCAL, Need.CHANGE, HERE | RIGHT | {"Origin": "http://evil.example"}, 403,
            id="origin-with-token",
        ),
        pytest.param(
            LOCAL, Need.READ, HERE | {"X-Forwarded-For": "192.0.2.1"}, 403, id="unnamed-proxy"
        ),
        pytest.param(PUBLIC, Need.FILES, THERE, 0, id="page-elsewhere"),
        pytest.param(PUBLIC, Need.READ, THERE, 401, id="reading-elsewhere-needs-the-token"),
        pytest.param(PUBLIC, Need.READ, THERE | RIGHT, 0, id="reading-with-it"),
        pytest.param(PUBLIC, Need.READ, HERE, 401, id="proxy-that-rewrites-the-host"),
        pytest.param(
            PUBLIC, Need.READ, THERE | RIGHT | {"X-Forwarded-For": "192.0.2.1"}, 0, id="proxy"
        ),
        pytest.param(
            PUBLIC, Need.CHANGE, THERE | RIGHT | {"Origin": "https://voice.example.org"}, 0,
            id="change-elsewhere",
        ),
        pytest.param(
            PUBLIC, Need.CHANGE, THERE | RIGHT | {"Origin": "http://voice.example.org"}, 403,
            id="without-tls",
        ),
    ],
)  # fmt: skip
def test_access(access: Access, need: Need, headers: dict[str, str], status: int) -> None:
    denial = access.denial(need, headers, TOKEN)
    assert (denial.status if denial else 0) == status


def test_without_a_token_nothing_is_changed() -> None:
    denial = LOCAL.denial(Need.CHANGE, HERE | {"Authorization": "Bearer "}, "")
    assert denial
    assert denial.status == 401
    assert "voice2mqtt console token" in denial.reason


def test_the_usual_port_of_https_may_be_left_out() -> None:
    settings = ConsoleSettings(listen="0.0.0.0:443", origin="https://voice.example.org:443")
    headers = RIGHT | {"Host": "voice.example.org", "Origin": "https://voice.example.org"}
    assert Access(settings, 443).denial(Need.CHANGE, headers, TOKEN) is None
