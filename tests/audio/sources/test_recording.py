"""A recording in memory as a source."""

from voice2mqtt.audio.sources.recording import Recording
from voice2mqtt.audio.sources.source import BLOCK_BYTES


def test_all_of_it_is_given_in_blocks() -> None:
    pcm = bytes(range(256)) * 10
    blocks = list(Recording(pcm).blocks())
    assert b"".join(blocks) == pcm
    assert {len(block) for block in blocks[:-1]} == {BLOCK_BYTES}


def test_it_ends_when_it_is_closed() -> None:
    recording = Recording(bytes(3 * BLOCK_BYTES))
    blocks = recording.blocks()
    next(blocks)
    recording.close()
    assert list(blocks) == []
