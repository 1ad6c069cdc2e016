"""Image classification: ResNet-8 as in MLPerf Tiny and a small MobileNet, on CIFAR-10 or on digits."""
