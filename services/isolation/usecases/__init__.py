"""What isolation does: one module for each thing that can happen."""
