"""The rules of urge-pickup tickets: standard library only, no clock, no I/O."""
