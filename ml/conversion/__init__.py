"""Makes the ONNX files of an artifact, from which a CPU serves its networks without Keras."""
