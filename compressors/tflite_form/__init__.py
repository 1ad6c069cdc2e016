"""TFLite files as the engines look at them: their layers, and what of them is an attention mask."""
