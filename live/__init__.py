"""What is pushed: hints between processes, one reader a process, and the streams that clients follow."""
