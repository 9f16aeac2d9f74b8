"""What is not ours: the readers of carriers' pushes and sellers' exports."""
