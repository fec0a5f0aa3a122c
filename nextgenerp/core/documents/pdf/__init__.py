"""Documents on paper: ``content`` says what is printed."""
