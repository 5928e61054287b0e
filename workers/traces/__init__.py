"""OpenTelemetry traces of what workers do; off unless the settings have `[traces]`."""
