"""Anomaly detection: auto-encoders that were trained on what is normal, judged by AUC."""
