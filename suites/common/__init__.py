"""What the suites share: training to the same weights, where data is from, planted regressions."""
