"""What is measured: a function per case."""
