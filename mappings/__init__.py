"""What becomes what: one declarative YAML file per document and pair of systems, read by a small engine."""
