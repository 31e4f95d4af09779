"""A proxy before two systems."""
