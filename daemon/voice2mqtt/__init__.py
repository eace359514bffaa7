"""What is said at home becomes the MQTT message that its owner wrote beside it."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("voice2mqtt")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+checkout"
