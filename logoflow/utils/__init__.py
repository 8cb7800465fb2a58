"""Tools for all rooms: files, folders, progress bars, threads, devices."""
