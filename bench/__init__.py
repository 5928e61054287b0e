"""Benchmarks that print ratios: `./run bench NAME`. Each measures its sides in turn, in one run, beside a yardstick."""
