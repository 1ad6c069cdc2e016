"""A folder of model files, gated with default checks: set `EDGEBENCH_ZOO` to it, nothing else is written.

Each ``.onnx`` and ``.tflite`` file in it is a model. ``NAME.npz`` next to it holds its inputs by name (``x``
for the only one), samples along the first axis, and perhaps ``y``: class numbers (n,), or the first output as
it is expected. Without it inputs are made up from a seed, and the report says so.
"""
