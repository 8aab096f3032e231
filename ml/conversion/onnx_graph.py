"""Writes a Keras network as an ONNX graph. It knows the layers that the project's networks have, and refuses others.

Keras's own export needs tf2onnx, and can't export the ink finder, whose pictures have sides of any length.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from ml.conversion.onnx_nodes import Graph
from ml.conversion.onnx_winograd import winograd_convolution
from ml.network.architectures import gives_logits
from ml.network.backend import keras
from ml.network.manifest import IncompatibleArtifact
from ml.network.winograd import suits_winograd

OPSET, IR_VERSION = 17, 8
"""Old enough for any ONNX Runtime of the last years."""

FEWEST = 8
"""The smallest batch that is read by Winograd's minimal filtering (measured: 16% faster; batches of 32, 44%)."""

LEAST_SHARE = 1e-12
"""Smallest probability whose logarithm is taken, of a network that gives probabilities."""


def reader_onnx(model: Any) -> bytes:
    """The reader as ONNX: from `glyphs`, uint8 [N, 28, 28], to `logits`, float32 [N, outputs].

    If the model gives probabilities, `logits` are their logarithms. Raises IncompatibleArtifact for a layer of an
    unknown kind.
    """
    graph = Graph()
    scaled = _scaled(graph, graph.reshape("glyphs", -1, 1, 28, 28))
    if any(suits_winograd(layer) for layer in model.layers):
        count = graph.add("Shape", "glyphs", start=0, end=1)
        many = graph.add("GreaterOrEqual", count, graph.constant(np.array([FEWEST], dtype=np.int64)))
        branches = {
            f"{name}_branch": _branch(graph, name, model, scaled, quick=name == "then") for name in ("then", "else")
        }
        logits = graph.add("If", many, **branches)
    else:
        logits = _add_layers(graph, model, scaled)
    if not gives_logits(model):
        least = graph.constant(np.array(LEAST_SHARE, dtype=np.float32))
        logits = graph.add("Log", graph.add("Max", logits, least))
    return _file(graph, {"glyphs": ["N", 28, 28]}, {"logits": (logits, ["N", int(model.output_shape[-1])])})


def finder_onnx(model: Any) -> bytes:
    """The ink finder as ONNX: from `picture`, uint8 [N, H, W, 3], to `logits` and `shares` (their logistic function),
    float32 [N, H, W, outputs].

    Raises IncompatibleArtifact for a layer of an unknown kind.
    """
    graph = Graph()
    scaled = _scaled(graph, graph.add("Transpose", "picture", perm=[0, 3, 1, 2]))
    logits = graph.add("Transpose", _add_layers(graph, model, scaled), perm=[0, 2, 3, 1])
    sides = ["N", "H", "W", int(model.output_shape[-1])]
    outputs = {"logits": (logits, sides), "shares": (graph.add("Sigmoid", logits), sides)}
    return _file(graph, {"picture": ["N", "H", "W", 3]}, outputs)


def _scaled(graph: Graph, pixels: str) -> str:
    """The pixels from 0 to 1."""
    return graph.add("Div", graph.add("Cast", pixels, to=TensorProto.FLOAT), graph.constant(np.array(255, np.float32)))


def _branch(outer: Graph, name: str, model: Any, scaled: str, *, quick: bool) -> onnx.GraphProto:
    branch = outer.branch()
    logits = _add_layers(branch, model, scaled, quick=quick)
    said = helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["N", int(model.output_shape[-1])])
    return helper.make_graph(branch.nodes, name, [], [said])


def _file(graph: Graph, inputs: dict[str, list[Any]], outputs: dict[str, tuple[str, list[Any]]]) -> bytes:
    for name, (value, _) in outputs.items():
        graph.nodes.append(helper.make_node("Identity", [value], [name]))
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "network",
            [helper.make_tensor_value_info(name, TensorProto.UINT8, sides) for name, sides in inputs.items()],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, sides) for name, (_, sides) in outputs.items()],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(made, full_check=True)
    return bytes(made.SerializeToString(deterministic=True))


def _add_layers(graph: Graph, model: Any, value: str, *, quick: bool = False) -> str:
    """Adds the model's layers, for maps [N, channels, H, W]; returns the name of its output.

    `quick`: by Winograd's minimal filtering where it suits.
    """
    names = {id(model.inputs[0]): value}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        inputs = layer.input if isinstance(layer.input, list) else [layer.input]
        given = [names[id(each)] for each in inputs]
        if quick and suits_winograd(layer):
            added = _activated(graph, layer, winograd_convolution(graph, layer, given[0]))
        elif type(layer).__name__ in _WRITERS:
            added = _WRITERS[type(layer).__name__](graph, layer, given)
        else:
            raise IncompatibleArtifact(
                f"The layer {layer.name} is a {type(layer).__name__}, which can't be written as ONNX."
            )
        names[id(layer.output)] = added
    return names[id(model.outputs[0])]


Write = Callable[[Graph, Any, Sequence[str]], str]


def _convolution(graph: Graph, layer: Any, inputs: Sequence[str]) -> str:
    kernel, *bias = layer.get_weights()
    weights = [graph.constant(kernel.transpose(3, 2, 0, 1)), *map(graph.constant, bias)]
    shape = {"dilations": layer.dilation_rate, "group": layer.groups, **_window(layer, layer.kernel_size)}
    return _activated(graph, layer, graph.add("Conv", inputs[0], *weights, **shape))


def _transposed_convolution(graph: Graph, layer: Any, inputs: Sequence[str]) -> str:
    kernel, *bias = layer.get_weights()
    weights = [graph.constant(kernel.transpose(3, 2, 0, 1)), *map(graph.constant, bias)]
    over = [size - stride for size, stride in zip(layer.kernel_size, layer.strides, strict=True)]
    pads = [each // 2 for each in over] + [each - each // 2 for each in over]
    shape = {"kernel_shape": layer.kernel_size, "strides": layer.strides, "pads": pads}
    return _activated(graph, layer, graph.add("ConvTranspose", inputs[0], *weights, **shape))


def _normalisation(graph: Graph, layer: Any, inputs: Sequence[str]) -> str:
    weights = [graph.constant(each) for each in layer.get_weights()]
    return graph.add("BatchNormalization", inputs[0], *weights, epsilon=float(layer.epsilon))


def _dense(graph: Graph, layer: Any, inputs: Sequence[str]) -> str:
    weights = [graph.constant(each) for each in layer.get_weights()]
    return _activated(graph, layer, graph.add("Gemm", inputs[0], *weights))


def _upsampling(graph: Graph, layer: Any, inputs: Sequence[str]) -> str:
    mode = {"bilinear": "linear"}.get(layer.interpolation, layer.interpolation)
    scales = graph.constant(np.array([1, 1, *layer.size], dtype=np.float32))
    return graph.add("Resize", inputs[0], "", scales, mode=mode, coordinate_transformation_mode="half_pixel")


def _flatten(graph: Graph, layer: Any, inputs: Sequence[str]) -> str:
    value = inputs[0]
    if len(layer.input.shape) == 4:
        value = graph.add("Transpose", value, perm=[0, 2, 3, 1])
    return graph.add("Flatten", value)


def _activated(graph: Graph, layer: Any, value: str) -> str:
    name = layer.activation.__name__
    if name == "linear":
        return value
    if name not in _ACTIVATIONS:
        raise IncompatibleArtifact(f"The layer {layer.name} has the activation {name}, which can't be written as ONNX.")
    return graph.add(_ACTIVATIONS[name], value)


def _window(layer: Any, size: Sequence[int]) -> dict[str, Any]:
    shape: dict[str, Any] = {"kernel_shape": size, "strides": layer.strides}
    if layer.padding != "same":
        return shape
    if set(layer.strides) != {1}:
        return shape | {"auto_pad": "SAME_UPPER"}
    # ONNX Runtime refuses automatic padding of dilated convolutions.
    over = [(side - 1) * step for side, step in zip(size, getattr(layer, "dilation_rate", (1, 1)), strict=True)]
    return shape | {"pads": [each // 2 for each in over] + [each - each // 2 for each in over]}


_ACTIVATIONS = {"relu": "Relu", "softmax": "Softmax"}

_WRITERS: dict[str, Write] = {
    "Conv2D": _convolution,
    "Conv2DTranspose": _transposed_convolution,
    "BatchNormalization": _normalisation,
    "Dense": _dense,
    "UpSampling2D": _upsampling,
    "Flatten": _flatten,
    "Activation": lambda graph, layer, inputs: _activated(graph, layer, inputs[0]),
    "ReLU": lambda graph, _, inputs: graph.add("Relu", inputs[0]),
    "Add": lambda graph, _, inputs: graph.add("Sum", *inputs),
    "Concatenate": lambda graph, _, inputs: graph.add("Concat", *inputs, axis=1),
    "Dropout": lambda _graph, _layer, inputs: inputs[0],
    "MaxPooling2D": lambda graph, layer, inputs: graph.add("MaxPool", inputs[0], **_window(layer, layer.pool_size)),
    "GlobalMaxPooling2D": lambda graph, _, inputs: graph.add("Flatten", graph.add("GlobalMaxPool", inputs[0])),
    "GlobalAveragePooling2D": lambda graph, _, inputs: graph.add("Flatten", graph.add("GlobalAveragePool", inputs[0])),
}
"""By the name of the layer's class."""
