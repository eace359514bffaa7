"""The stage on which a daemon is directed, for all tests of this room."""

from tests.service.stage import make_stage

__all__ = ["make_stage"]
