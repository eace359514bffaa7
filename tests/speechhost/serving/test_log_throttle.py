import logging

from voice2mqtt.speechhost.serving.log_throttle import LogThrottle


def _told(throttle: LogThrottle, at_s: float, level: int = logging.WARNING) -> str:
    record = logging.LogRecord("host", level, "", 0, "%s may not connect", ("10.0.0.9",), None)
    record.created = at_s
    return record.getMessage() if throttle.filter(record) else ""


def test_a_flood_of_refused_clients_does_not_fill_the_log() -> None:
    throttle = LogThrottle()
    told = [_told(throttle, 1000.0 + number / 1000) for number in range(30_000)]
    assert len(list(filter(None, told))) == 200
    assert _told(throttle, 1031.0, logging.ERROR) == "10.0.0.9 may not connect"
    later = [_told(throttle, 1061.0) for _ in range(2)]
    assert later == [
        "10.0.0.9 may not connect (29800 more warnings were left out)",
        "10.0.0.9 may not connect",
    ]
    assert _told(throttle, 900.0) != "", "a clock that was set back silences nobody"
