"""Every exercise knows its right answer, and says something useful about wrong ones."""

import numpy as np
import pytest
from mxnet import nd

import logoflow as lf
from logoflow.exercises.check import EXERCISES


def said(capsys, number, answer):
    lf.check(number, answer)
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize("number", EXERCISES)
def test_the_right_answer_is_right(capsys, number):
    assert said(capsys, number, EXERCISES[number].right) == (
        f"{number}: Right. {EXERCISES[number].praise}"
    )


@pytest.mark.parametrize("number", EXERCISES)
def test_typical_mistakes_get_a_sentence_of_their_own(capsys, number):
    exercise = EXERCISES[number]
    assert exercise.mistakes or exercise.inputs
    for mistake, sentence in exercise.mistakes:
        assert said(capsys, number, mistake) == f"{number}: Not yet. {sentence}"
    sentences = [sentence for _, sentence in exercise.mistakes]
    sentences += [exercise.praise, exercise.hint]
    assert all(sentence.strip(" `)")[-1] in ".?" for sentence in sentences)
    assert all(len(sentence) > 20 for sentence in sentences)


@pytest.mark.parametrize("number", EXERCISES)
def test_three_dots_are_no_answer_yet(capsys, number):
    assert said(capsys, number, ...).startswith(f"{number}: not answered yet.")


def test_any_other_wrong_answer_gets_the_hint(capsys):
    assert said(capsys, "00-2", 12) == f"00-2: Not yet. {EXERCISES['00-2'].hint}"


def test_an_answer_of_another_form_is_told_so(capsys):
    assert "You gave one number; the exercise asks for 4 numbers." in said(capsys, "02-1", 38)
    assert "You gave a text; the exercise asks for one number." in said(capsys, "00-2", "54")
    assert "You gave nothing; the exercise asks for one number." in said(capsys, "00-2", None)


@pytest.mark.parametrize("answer", [nd.zeros((3, 3)), np.zeros((3, 3)), [[0, 0, 0]] * 3])
def test_arrays_and_lists_are_answers(capsys, answer):
    assert "Right." in said(capsys, "00-1", answer)


def test_a_function_is_called(capsys):
    assert "returns 1.0, and 0.998 is right" in said(
        capsys, "00-5", lambda weight, gradient: weight
    )
    assert "fails: TypeError" in said(capsys, "00-5", lambda: 1)
    assert "Hand over the function itself" in said(capsys, "00-5", 0.998)


def test_an_unknown_exercise_is_an_error():
    with pytest.raises(ValueError, match=r"no exercise '02-9'. The exercises are 00-1"):
        lf.check("02-9", 1)
