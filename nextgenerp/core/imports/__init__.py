"""The one import engine: reads files, maps their columns, writes rows, goes on where it was stopped."""
