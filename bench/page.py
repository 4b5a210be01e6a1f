"""docs/benchmarks.md"""
