"""Tools for the repository, which the package does not need: pages, student notebooks, bundle."""
