"""The kernel: what every app shares; it imports none of them."""
