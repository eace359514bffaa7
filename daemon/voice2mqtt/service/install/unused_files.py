"""Deletes what packages bring along and the program never loads: a third of an installation.

We read Moonshine's model by onnxruntime; the recogniser beside it has an onnxruntime of its own.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

_UNUSED = (
    "moonshine_voice/libmoonshine*",
    "moonshine_voice/assets/*.wav",
    "moonshine_voice/assets/*.tsv",
    "moonshine_voice.libs",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
)
_FOR_PROGRAMS_IN_C = "onnxruntime/capi/libonnxruntime.so*"
"""The module for Python has it built in."""


def unused_files(packages: Path) -> Iterator[Path]:
    """Yield the files and folders in `packages`, a site-packages, that nothing of ours loads."""
    for pattern in _UNUSED:
        yield from packages.glob(pattern)
    for module in packages.glob("onnxruntime/capi/onnxruntime_pybind11_state*.so"):
        if b"libonnxruntime.so" not in module.read_bytes():
            yield from packages.glob(_FOR_PROGRAMS_IN_C)


def delete_unused_files(environment: Path) -> None:
    """Delete them from a virtual environment."""
    for packages in environment.glob("lib/python3*/site-packages"):
        for path in unused_files(packages):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
