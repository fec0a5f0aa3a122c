"""Questions about the sales documents that need more than a filter."""
