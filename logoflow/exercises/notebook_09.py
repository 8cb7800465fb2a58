"""Answers to the exercises of notebook 09, a new brand from its artwork."""

from logoflow.exercises.exercise import Exercise

EXERCISES = {
    "09-1": Exercise(
        right=0.96,
        praise="The two embeddings point in nearly the same direction.",
        hint="Divide the dot product, 3 * 4 + 4 * 3, by both lengths.",
        mistakes=(
            (24, "This is the dot product. Divide it by both lengths."),
            (4.8, "Divide by the length of the second embedding, too."),
        ),
    ),
    "09-2": Exercise(
        right=0.5,
        praise="All sure answers were right. Of the other answers, every second one was right.",
        hint="19 answers are right, 14 of them sure. How many of the 10 unsure ones are right?",
        mistakes=(
            (5, "This is the number of answers. Divide it by the number of unsure ones."),
            (19 / 24, "This is the share of all answers. The question is about the unsure ones."),
            (5 / 24, "Divide by the unsure answers only."),
        ),
        tolerance=0.005,
    ),
    "09-3": Exercise(
        right=(2**-0.5, 2**-0.5),
        praise="The mean is equally similar to both embeddings: .707.",
        hint="Take the mean, then divide it by its length, so that the length is 1.",
        mistakes=(
            ((0.5, 0.5), "This is the mean. Its length is .707; divide by it."),
            ((1, 1), "This is the sum. Divide it by its length."),
        ),
        tolerance=0.001,
    ),
    "09-4": Exercise(
        right=1281,
        praise="All other weights stay, so the other brands keep their scores.",
        hint="Compare `lf.count_parameters` of `lf.finetune_net(18, 'logo_lite0')` and of the same "
        "network with 17 classes.",
        mistakes=(
            (1280, "Each class also has a bias."),
            (21_777, "This is the whole output layer for 17 classes."),
            (23_058, "This is the whole output layer for 18 classes. How many numbers are new?"),
        ),
    ),
}
