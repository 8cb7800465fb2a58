"""What an exercise needs to judge an answer, and the sentence about an answer."""

from typing import Any, NamedTuple

import numpy as np


class Exercise(NamedTuple):
    """The right answer to an exercise, and what to say about right and wrong ones."""

    right: Any
    """A number, numbers in any nesting, a text, or a function."""
    praise: str
    """Said about the right answer."""
    hint: str
    """Said about a wrong answer that is not among the `mistakes`."""
    mistakes: tuple[tuple[Any, str], ...] = ()
    """Typical wrong answers, and what is wrong with each."""
    tolerance: float = 1e-6
    """How far a right number may be from `right`."""
    inputs: tuple[tuple, ...] = ()
    """Arguments that a function is called with, one tuple for each call."""


def plain(answer: Any) -> Any:
    """Convert an NDArray to a NumPy array. Other values do not change."""
    return answer.asnumpy() if hasattr(answer, "asnumpy") else answer


def same(answer: Any, expected: Any, tolerance: float) -> bool:
    """Tell whether two texts, numbers or tables of numbers are equal.

    Examples
    --------
    >>> same([0.333, 0.059], (1 / 3, 1 / 17), tolerance=0.001), same("BMW", "bmw", 0)
    (True, True)
    """
    if isinstance(expected, str):
        return isinstance(answer, str) and answer.strip().lower() == expected.lower()
    if isinstance(answer, str):
        return False
    try:
        numbers = np.asarray(plain(answer), dtype=float)
    except (TypeError, ValueError):
        return False
    expected = np.asarray(expected, dtype=float)
    return numbers.shape == expected.shape and bool(np.allclose(numbers, expected, 0, tolerance))


def form_of(value: Any) -> str:
    """Say what kind of answer a value is.

    Examples
    --------
    >>> form_of(3), form_of("bmw"), form_of((1, 2)), form_of([[0, 1, 2], [3, 4, 5]])
    ('one number', 'a text', '2 numbers', 'a table of 2 x 3 numbers')
    """
    if callable(value) and not hasattr(value, "asnumpy"):
        return "a function"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return "a text"
    try:
        shape = np.asarray(plain(value), dtype=float).shape
    except (TypeError, ValueError):
        return f"a {type(value).__name__}"
    if not shape:
        return "one number"
    sides = " x ".join(map(str, shape))
    return f"{sides} numbers" if len(shape) == 1 else f"a table of {sides} numbers"


def verdict(exercise: Exercise, answer: Any) -> tuple[bool, str]:
    """Judge an answer.

    Parameters
    ----------
    exercise : Exercise
    answer : object

    Returns
    -------
    bool
        Whether the answer is right.
    str
        A sentence about the answer.

    Examples
    --------
    >>> sum_of_two = Exercise(4, "2 + 2 = 4.", "Count on your fingers.", ((22, "Add numbers."),))
    >>> verdict(sum_of_two, 22)
    (False, 'Add numbers.')
    >>> verdict(sum_of_two, [4, 4])
    (False, 'You gave 2 numbers; the exercise asks for one number. Count on your fingers.')
    """
    if exercise.inputs:
        return _verdict_of_function(exercise, answer)
    if same(answer, exercise.right, exercise.tolerance):
        return True, exercise.praise
    for mistake, sentence in exercise.mistakes:
        if same(answer, mistake, exercise.tolerance):
            return False, sentence
    given_form, right_form = form_of(answer), form_of(exercise.right)
    form = ""
    if given_form != right_form:
        form = f"You gave {given_form}; the exercise asks for {right_form}. "
    return False, form + exercise.hint


def _verdict_of_function(exercise: Exercise, function: Any) -> tuple[bool, str]:
    """Call a function with each of the inputs, up to the first wrong result."""
    if not callable(function):
        given_form = form_of(function)
        return False, f"You gave {given_form}. Hand over the function itself, without calling it."
    for arguments in exercise.inputs:
        call = f"Called with {', '.join(map(repr, arguments))}, your function"
        expected = exercise.right(*arguments)
        try:
            result = function(*arguments)
        except Exception as error:  # a learner's function may fail in any way
            return False, f"{call} fails: {type(error).__name__}: {error}. {exercise.hint}"
        if not same(result, expected, exercise.tolerance):
            return False, f"{call} returns {result}, and {expected} is right. {exercise.hint}"
    return True, exercise.praise
