"""Questions finance is asked, by noun."""
