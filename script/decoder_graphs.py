"""Write the graphs that `speechhost/decoding/moonshine.py` runs in place of the package's decoder.

They compute the same, without the nodes that compute shapes, with the products of a layer that
share their left factor made in one, and with all beams as rows of one product in the
cross-attention, where they share keys and values. The weights stay where they are: the graphs name
the stretches of the package's file that hold them.

Run it with the development packages installed, when the package or the graphs change:

    .venv/bin/python script/decoder_graphs.py
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from voice2mqtt.speechhost.decoding import moonshine
from voice2mqtt.speechhost.decoding.moonshine import HEAD_SIZE, HEADS, LAYERS, ROTARY_SIZE

FOLDER = Path(moonshine.__file__).parent
DECODER = "decoder_model_merged.ort"
WIDTH, VOCABULARY = 288, 32_768
ATTENTION_SCALE = 1 / HEAD_SIZE**0.5
EPSILON = 1e-5
MIN_EXTERNAL_BYTES = 256
"""Smaller weights are copied into the graph."""
ALIGNMENT_HEADS = {3: (0, 5, 6), 4: (1, 3, 6, 7), 5: (6,)}
"""By layer, the heads of the cross-attention that look at the sound of the token they write.

Of all 48 these came closest to the words of synthetic speech (`bench/word_timings.py`).
"""
_MICROSOFT = "com.microsoft"


class Package:
    """The package's decoder: its weights by name, and its nodes by their outputs."""

    def __init__(self, file: Path) -> None:
        self.name, self.content = file.name, file.read_bytes()
        self.weights: dict[str, TensorProto] = {}
        self.producers: dict[str, onnx.NodeProto] = {}
        self._read(_as_onnx(file).graph)

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return the weight of that name."""
        return numpy_helper.to_array(self.weights[name])

    def _read(self, graph: onnx.GraphProto) -> None:
        self.weights |= {weight.name: weight for weight in graph.initializer}
        for node in graph.node:
            self.producers |= dict.fromkeys(node.output, node)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    self._read(attribute.g)


def _as_onnx(file: Path) -> onnx.ModelProto:
    """Return a model in the format of onnxruntime as one in the common format."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    options.add_session_config_entry("session.save_model_format", "ONNX")
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder, "model.onnx"))
        onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        return onnx.load(options.optimized_model_filepath)


class Graph:
    """A graph being written; methods that add a node return the name of its output."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def model(self, name: str) -> onnx.ModelProto:
        """Return the finished graph."""
        weights = list(self._weights.values())
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, weights)
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=10)

    def input(self, name: str, shape: Sequence[int | str], *, integer: bool = False) -> str:
        """Add an input of floats, or of integers."""
        kind = TensorProto.INT64 if integer else TensorProto.FLOAT
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, name: str, shape: Sequence[int | str]) -> str:
        """Add an output."""
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def node(self, kind: str, *inputs: str, to: str = "", domain: str = "", **how: Any) -> str:
        """Add a node with one output."""
        to = to or f"{kind} {len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [to], domain=domain, **how))
        return to

    def split(self, value: str, count: int) -> list[str]:
        """Cut the last axis into equal parts."""
        parts = [f"Split {len(self._nodes)} {part}" for part in range(count)]
        how: dict[str, Any] = {"axis": 1, "num_outputs": count}
        self._nodes.append(helper.make_node("Split", [value], parts, **how))
        return parts

    def shape(self, *sizes: int) -> str:
        """Add a constant shape."""
        return self._constant("x".join(map(str, sizes)), np.array(sizes))

    def reshaped(self, value: str, shape: str, *order: int) -> str:
        """Reshape `value`, then put its axes in another order."""
        return self.node("Transpose", self.node("Reshape", value, shape), perm=order)

    def normal(self, value: str, like: str) -> str:
        """Normalise rows as the package's node with the output `like` does."""
        weight = self.weight(self._package.producers[like].input[1])
        return self.node("LayerNormalization", value, weight, axis=-1, epsilon=EPSILON)

    def product(self, rows: str, like: str) -> str:
        """Multiply as the package's node with the output `like` does."""
        factors = [self.weight(name) for name in self._package.producers[like].input[1:]]
        return self.node("DynamicQuantizeMatMul", rows, *factors, domain=_MICROSOFT)

    def products(self, rows: str, likes: Sequence[str]) -> list[str]:
        """Multiply `rows` as the package's nodes with the outputs `likes` do, in one product."""
        number = len(self._nodes)
        quantised = [f"{name} {number}" for name in ("Quantised", "Scale", "Zero")]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [rows], quantised))
        _, names, _, scales, _, zeros, *_ = zip(
            *(self._package.producers[like].input for like in likes), strict=True
        )
        weights = self.node("Concat", *map(self.weight, names), axis=1)
        scale, zero = (
            self._constant(
                f"{kind} of {likes[0]}", np.repeat([*map(self._package.array, of)], WIDTH)
            )
            for kind, of in (("scales", scales), ("zeros", zeros))
        )
        factors = (quantised[0], weights, quantised[1], scale, quantised[2], zero)
        product = self.node("MatMulIntegerToFloat", *factors, domain=_MICROSOFT)
        return self.split(product, len(likes))

    def attention(
        self,
        queries: str,
        keys: str,
        values: str,
        mask: str = "",
        *,
        keys_by_row: bool = False,
        weights_to: str = "",
    ) -> str:
        """Add attention: softmax(queries keys / sqrt(size) + mask) values."""
        how = {"alpha": ATTENTION_SCALE, "transB": int(keys_by_row), "domain": _MICROSOFT}
        scores = self.node("FusedMatMul", queries, keys, **how)
        if mask:
            scores = self.node("Add", scores, mask)
        return self.node("MatMul", self.node("Softmax", scores, to=weights_to, axis=-1), values)

    def weight(self, name: str) -> str:
        """Add a weight of the package; a large one as a reference into the package's file."""
        if name and name not in self._weights:
            array = self._package.array(name)
            self._weights[name] = weight = TensorProto(
                name=name, dims=array.shape, data_type=self._package.weights[name].data_type
            )
            content = array.tobytes()
            if len(content) < MIN_EXTERNAL_BYTES:
                weight.raw_data = content
            else:
                offset = self._package.content.index(content)
                weight.data_location = TensorProto.EXTERNAL
                for key, value in (
                    ("location", self._package.name),
                    ("offset", offset),
                    ("length", len(content)),
                ):
                    weight.external_data.add(key=key, value=str(value))
        return name

    def _constant(self, name: str, array: npt.NDArray[Any]) -> str:
        self._weights[name] = numpy_helper.from_array(array, name)
        return name


def cross_attention(package: Package) -> onnx.ModelProto:
    """Return the graph from an encoding to keys and values of the cross-attention, by layer."""
    graph = Graph(package)
    frames = graph.node(
        "Reshape", graph.input("frames", [1, "time", WIDTH]), graph.shape(-1, WIDTH)
    )
    kinds = [(layer, kind) for layer in range(LAYERS) for kind in ("key", "value")]
    likes = [
        f"/model/decoder/layers.{layer}/encoder_attn/{kind[0]}_proj/MatMul_output_0"
        for layer, kind in kinds
    ]
    for (layer, kind), part in zip(kinds, graph.products(frames, likes), strict=True):
        heads = graph.node("Reshape", part, graph.shape(-1, HEADS, HEAD_SIZE))
        is_key = kind == "key"
        shape = (HEADS, HEAD_SIZE, "time") if is_key else (HEADS, "time", HEAD_SIZE)
        name = graph.output(f"cross_{kind}{layer}", shape)
        graph.node("Transpose", heads, to=name, perm=[1, 2, 0] if is_key else [1, 0, 2])
    return graph.model("cross")


def step(package: Package, *, aligning: bool = False) -> onnx.ModelProto:
    """Return the graph from tokens, and the cache of those before, to log-probabilities.

    With `aligning`, it also tells how the tokens attend to the audio, and keeps no cache.
    """
    graph = Graph(package)
    tokens = graph.input("tokens", ["beam", "new"], integer=True)
    graph.input("parents", ["beam"], integer=True)
    graph.input("position", [1], integer=True)
    graph.input("cosines", ["positions", ROTARY_SIZE // 2])
    graph.input("sines", ["positions", ROTARY_SIZE // 2])
    graph.input("mask", ["new", "length"])
    log_probs = graph.output("log_probabilities", ["beam and new", VOCABULARY])

    embedding = "model.decoder.embed_tokens.weight_merged_0_"
    embedded = graph.node("Gather", graph.weight(embedding + "quantized"), tokens)
    scale, zero = (graph.weight(embedding + name) for name in ("scale", "zero_point"))
    embedded = graph.node("DequantizeLinear", embedded, scale, zero)
    rows = graph.node("Reshape", embedded, graph.shape(-1, WIDTH))
    beams = graph.node("Shape", tokens)
    for layer in range(LAYERS):
        rows = _layer(graph, layer, rows, beams, aligning=aligning)
    if aligning:
        _attention(graph)
    rows = graph.normal(rows, "/model/decoder/norm/LayerNormalization_output_0")
    graph.node("LogSoftmax", graph.product(rows, "logits"), to=log_probs, axis=-1)
    return graph.model("align" if aligning else "step")


def _layer(graph: Graph, layer: int, rows: str, beams: str, *, aligning: bool) -> str:
    """Add one layer: self-attention, cross-attention, feed-forward; all with a residual."""
    own = f"/model/decoder/layers.{layer}"
    flat = graph.shape(-1, WIDTH)
    normal = graph.normal(rows, f"{own}/input_layernorm/LayerNormalization_output_0")
    likes = [f"{own}/self_attn/{kind}_proj/MatMul_output_0" for kind in "qkv"]
    heads = graph.node("Concat", beams, graph.shape(HEADS, HEAD_SIZE), axis=0)
    queries, key, value = (
        graph.reshaped(part, heads, 0, 2, 1, 3) for part in graph.products(normal, likes)
    )
    how: dict[str, Any] = {
        "interleaved": 1,
        "rotary_embedding_dim": ROTARY_SIZE,
        "num_heads": HEADS,
    }
    queries, key = (
        graph.node("RotaryEmbedding", one, "position", "cosines", "sines", domain=_MICROSOFT, **how)
        for one in (queries, key)
    )
    keys, values = (
        _cached(graph, f"{kind}{layer}", new, output=not aligning)
        for kind, new in (("key", key), ("value", value))
    )
    attended = graph.attention(queries, keys, values, "mask", keys_by_row=True)
    attended = graph.node("Reshape", graph.node("Transpose", attended, perm=[0, 2, 1, 3]), flat)
    attended = graph.product(attended, f"{own}/self_attn/o_proj/MatMul_output_0")
    rows = graph.node("Add", rows, attended)

    normal = graph.normal(rows, f"{own}/post_attention_layernorm/LayerNormalization_output_0")
    queries = graph.product(normal, f"{own}/encoder_attn/q_proj/MatMul_output_0")
    queries = graph.reshaped(queries, graph.shape(-1, HEADS, HEAD_SIZE), 1, 0, 2)
    keys = graph.input(f"cross_key{layer}", [HEADS, HEAD_SIZE, "time"])
    values = graph.input(f"cross_value{layer}", [HEADS, "time", HEAD_SIZE])
    attended = graph.attention(queries, keys, values, weights_to=_weights(layer))
    attended = graph.node("Reshape", graph.node("Transpose", attended, perm=[1, 0, 2]), flat)
    attended = graph.product(attended, f"{own}/encoder_attn/o_proj/MatMul_output_0")
    rows = graph.node("Add", rows, attended)

    normal = graph.normal(rows, f"{own}/final_layernorm/LayerNormalization_output_0")
    wide, gate = graph.split(graph.product(normal, f"{own}/mlp/fc1/Add_output_0"), 2)
    gate = graph.node("QuickGelu", gate, domain=_MICROSOFT, alpha=1.0)
    narrow = graph.product(graph.node("Mul", wide, gate), f"{own}/mlp/fc2/Add_output_0")
    return graph.node("Add", rows, narrow)


def _weights(layer: int) -> str:
    return f"weights {layer}"


def _attention(graph: Graph) -> None:
    """Add the output of how each token attends to each frame, as the mean of some heads."""
    chosen = [
        graph.node("Gather", _weights(layer), graph.shape(*heads), axis=0)
        for layer, heads in ALIGNMENT_HEADS.items()
    ]
    heads = graph.node("Concat", *chosen, axis=0)
    to = graph.output("attention", ["beam and new", "time"])
    graph.node("ReduceMean", heads, graph.shape(0), to=to, keepdims=0)


def _cached(graph: Graph, name: str, new: str, *, output: bool) -> str:
    """Append `new` keys or values to those of the beams' parents."""
    past = graph.input(f"past_{name}", ["before", HEADS, "past", HEAD_SIZE])
    past = graph.node("Gather", past, "parents")
    if output:
        graph.output(name, ["beam", HEADS, "length", HEAD_SIZE])
    return graph.node("Concat", past, new, to=name, axis=2)


def graphs() -> dict[str, onnx.ModelProto]:
    """Return the graphs, by the names of their files."""
    package = Package(moonshine.model_folder() / DECODER)
    return {
        "decoder_cross.onnx": cross_attention(package),
        "decoder_step.onnx": step(package),
        "decoder_align.onnx": step(package, aligning=True),
    }


if __name__ == "__main__":
    for name, model in graphs().items():
        (FOLDER / name).write_bytes(model.SerializeToString(deterministic=True))
