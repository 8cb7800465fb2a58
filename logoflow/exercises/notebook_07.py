"""Answers to the exercises of notebook 07, speed and export."""

from logoflow.exercises.exercise import Exercise

EXERCISES = {
    "07-1": Exercise(
        right=15 / 7,
        praise="The steps that stayed as they were now take most of the time.",
        hint="Only the network becomes faster: its 10 ms become 2 ms. Compare the sums.",
        mistakes=(
            (
                5,
                "Only the network is five times as fast. Decoding takes the same time as before.",
            ),
            (7, "This is the new time in milliseconds. Divide the old time by it."),
            (7 / 15, "Divide the old time by the new one."),
        ),
        tolerance=0.01,
    ),
    "07-2": Exercise(
        right=(13.57, 3.39),
        praise="The file is smaller, too: by a factor of four.",
        hint="A float32 has four bytes, an INT8 one. A megabyte is a million bytes.",
        mistakes=(
            ((13_571_140, 3_392_785), "These are bytes. A megabyte is a million bytes."),
            ((108.57, 27.14), "These are megabits. Eight bits are a byte."),
            ((3.39, 13.57), "The two numbers are exchanged: float32 comes first."),
        ),
        tolerance=0.01,
    ),
    "07-3": Exercise(
        right=(31, 0.31),
        praise="The value has lost .004, less than half a step.",
        hint="A step is 1.27 / 127 = .01. Divide the value by it and round; then multiply again.",
        mistakes=(
            ((31.4, 0.314), "An INT8 is a whole number, so round."),
            ((32, 0.32), "Round to the nearest whole number, not upwards."),
        ),
    ),
    "07-4": Exercise(
        right=(4, 1),
        praise="One product and one sum in place of two steps: 4 x + 1.",
        hint="Put 2 x + 1 into the normalisation, 4 (y - 3) / 2 + 5, and collect the terms with x.",
        mistakes=(
            ((8, 1), "Divide by the deviation 2, too."),
            ((4, 5), "The shift changes as well: 4 (1 - 3) / 2 + 5."),
            ((4, 7), "The mean is subtracted from 1, not added: 4 (1 - 3) / 2 + 5."),
        ),
    ),
}
