"""ONNX files in the one form that the tools of the engines read, and what their layers are."""
