"""The command line as a module: ``python -m logoflow``."""

from logoflow.cli.main import main

if __name__ == "__main__":
    main(prog_name="logoflow")
