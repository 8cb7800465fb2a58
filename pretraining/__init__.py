"""Development tool that trains `logo_lite0`. It is no part of the package `logoflow`."""
