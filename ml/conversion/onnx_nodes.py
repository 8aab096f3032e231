"""Builds ONNX graphs node by node."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Array = NDArray[Any]


@dataclass
class Graph:
    """ONNX nodes in order, and the constants that they use. A value is known by its name.

    `outer`: the graph that this one is a branch of; None for a whole one. A branch may use the values of `outer`, and
    its constants stand there.
    """

    outer: Optional["Graph"] = None
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = field(default_factory=dict)
    names: Iterator[str] = field(default_factory=lambda: map("v{}".format, itertools.count()))

    def branch(self) -> "Graph":
        """A new branch of this graph."""
        return Graph(self, constants=self.constants, names=self.names)

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node with one output; returns the output's name."""
        name = next(self.names)
        self.nodes.append(helper.make_node(op, list(inputs), [name], **attributes))
        return name

    def constant(self, values: Array) -> str:
        """The name of a constant; the same one for the same values."""
        key = values.dtype.str, values.shape, values.tobytes()
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(np.ascontiguousarray(values), next(self.names))
        return str(self.constants[key].name)

    def reshape(self, value: str, *sides: int) -> str:
        """Adds a change of shape; one side may be -1. Returns the output's name."""
        return self.add("Reshape", value, self.constant(np.array(sides, dtype=np.int64)))
