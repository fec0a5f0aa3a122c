"""Measurements of the whole product, run by script/bench; docs/performance.md says what each case is."""
