"""`check`: tell whether the answer to an exercise of a notebook is right."""

from typing import Any

from logoflow.exercises import (
    notebook_00,
    notebook_01,
    notebook_02,
    notebook_03,
    notebook_04,
    notebook_05,
    notebook_06,
    notebook_07,
    notebook_08,
    notebook_09,
)
from logoflow.exercises.exercise import Exercise, verdict

EXERCISES: dict[str, Exercise] = (
    notebook_00.EXERCISES
    | notebook_01.EXERCISES
    | notebook_02.EXERCISES
    | notebook_03.EXERCISES
    | notebook_04.EXERCISES
    | notebook_05.EXERCISES
    | notebook_06.EXERCISES
    | notebook_07.EXERCISES
    | notebook_08.EXERCISES
    | notebook_09.EXERCISES
)
"""Every exercise by its number, such as ``02-1`` for the first of notebook 02."""


def check(number: str, answer: Any) -> None:
    """Print whether the answer to an exercise is right, or what is wrong with it.

    Parameters
    ----------
    number : str
        The number of the notebook and of the exercise, such as ``02-1``.
    answer : object
        The answer: a number, several numbers, a text or a function, as the exercise says. ``...``
        stands for an answer that is still missing.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> check("02-3", 79_212_881)
    02-3: Not yet. These are the weights of the Gluon article's network. Count those of the MLP.
    >>> check("02-3", ...)
    02-3: not answered yet. Put your answer in place of the three dots.
    """
    if number not in EXERCISES:
        raise ValueError(
            f"There is no exercise {number!r}. The exercises are {', '.join(EXERCISES)}."
        )
    if answer is ...:
        print(f"{number}: not answered yet. Put your answer in place of the three dots.")
        return
    is_right, sentence = verdict(EXERCISES[number], answer)
    print(f"{number}: {'Right.' if is_right else 'Not yet.'} {sentence}")
