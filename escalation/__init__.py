"""The deadline index in Redis, and the worker that acts when a clock runs out (`architecture.md §5`)."""
