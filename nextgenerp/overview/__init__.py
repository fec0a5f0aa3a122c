"""What needs several apps at once: the reference page, health, metrics, files, statistics."""
