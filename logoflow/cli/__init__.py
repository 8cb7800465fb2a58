"""The command line ``logoflow``. Commands import what they need when they run, so help is fast."""
