"""A whole fleet with its sandbox on one machine: what the demo, the drills and the tests of faults stand on."""
