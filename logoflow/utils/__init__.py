"""Files, folders, progress bars, threads and devices: what every room uses."""
