"""Questions about products and stock that need more than a filter."""
