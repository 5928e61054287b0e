"""Figures for Prometheus: what they are (`declared`), who counts them (`meter`, `standing`), where they are read."""
