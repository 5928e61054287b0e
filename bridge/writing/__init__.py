"""The write that happens once: one writer, one lane, one window (design, section 5)."""
