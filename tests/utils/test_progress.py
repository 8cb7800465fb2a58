import subprocess
import sys

IN_A_PLAIN_PROGRAM = """
import ipykernel  # as papermill does, which runs notebooks in processes of their own
from logoflow.utils.progress import in_notebook
print(in_notebook())
"""


def test_a_program_that_imports_ipykernel_is_no_notebook():
    command = [sys.executable, "-c", IN_A_PLAIN_PROGRAM]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "False\n"
