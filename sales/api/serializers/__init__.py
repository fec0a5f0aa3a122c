"""How settings and sales documents are spoken, a module per noun."""
