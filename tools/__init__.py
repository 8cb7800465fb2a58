"""Tools for the repository, which the package does not need: the pages as a site."""
