"""A whole fleet in fast motion against the sandbox: what `./run demo` and `tidegate submit --sandbox` run."""
