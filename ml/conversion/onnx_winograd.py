"""A 3×3 convolution by Winograd's minimal filtering (`ml.network.winograd`), as ONNX nodes."""

from typing import Any

import numpy as np

from ml.conversion.onnx_nodes import Graph
from ml.network.winograd import SPAN, TILE, over_tiles, transforms


def winograd_convolution(graph: Graph, layer: Any, value: str) -> str:
    """Adds the layer without its activation, for a map [N, channels, H, W]; returns the name of its output.

    The kernels are transformed when the file is loaded, because transformed ones take seven times the space.
    """
    kernel, *bias = layer.get_weights()
    _, height, width, filters = layer.output.shape
    channels = kernel.shape[2]
    high, wide = height // TILE, width // TILE
    into, of_weights, back = transforms()
    x = graph.add("Transpose", value, perm=[0, 2, 3, 1])
    x = graph.add("MatMul", graph.constant(over_tiles(into, high)), graph.reshape(x, -1, height, width * channels))
    x = graph.add("MatMul", graph.constant(over_tiles(into, wide)), graph.reshape(x, -1, width, channels))
    x = graph.add("Transpose", graph.reshape(x, -1, high, SPAN, wide, SPAN, channels), perm=[2, 4, 0, 1, 3, 5])
    whole = graph.outer or graph  # there, ONNX Runtime computes what depends on constants alone once
    weights = whole.add("Transpose", whole.constant(kernel.transpose(3, 2, 0, 1)), perm=[2, 3, 1, 0])
    weights = whole.reshape(weights, 9, channels * filters)
    weights = whole.add("MatMul", whole.constant(np.kron(of_weights, of_weights)), weights)
    weights = whole.reshape(weights, SPAN**2, channels, filters)
    x = graph.add("MatMul", graph.reshape(x, SPAN**2, -1, channels), weights)
    x = graph.add("Transpose", graph.reshape(x, SPAN, SPAN, -1, high, wide, filters), perm=[2, 3, 0, 4, 1, 5])
    for tiles, sides in ((high, (high * SPAN, wide * SPAN * filters)), (wide, (wide * SPAN, filters))):
        expand = np.kron(np.eye(tiles, dtype=np.float32), back)
        x = graph.add("MatMul", graph.constant(expand), graph.reshape(x, -1, *sides))
    x = graph.reshape(x, -1, height, width, filters)
    if bias:
        x = graph.add("Add", x, graph.constant(bias[0]))
    return graph.add("Transpose", x, perm=[0, 3, 1, 2])
