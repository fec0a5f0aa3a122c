"""Settings and sales documents over HTTP, a module per noun."""
