"""Answers to the exercises of notebook 00, how a network learns."""

from logoflow.exercises.exercise import Exercise


def decayed(weight: float, gradient: float) -> float:
    """Return a weight after one step at a learning rate of 0.1 and a weight decay of 0.02."""
    return weight - 0.1 * (gradient + 0.02 * weight)


EXERCISES = {
    "00-1": Exercise(
        right=[[0, 0, 0]] * 3,
        praise="The turned kernel responds to horizontal edges, and the picture has none.",
        hint="Turn the kernel with `kernel.T`, then call `convolve(picture, kernel.T)`.",
        mistakes=(
            ([[3, 3, 0]] * 3, "This is the result of the kernel as it was. Turn it: `kernel.T`."),
        ),
    ),
    "00-2": Exercise(
        right=54,
        praise="(224 - 11) / 4 + 1 = 54.25, and a window cannot stand at a quarter of a place.",
        hint="The formula is (side + 2 * padding - kernel) / stride + 1, here without padding.",
        mistakes=(
            (54.25, "Round the result down: only whole windows count."),
            (53, "Add 1 at the end: the first place of the window counts, too."),
            (214, "This is the result for a stride of 1. The stride is 4."),
            (55, "That would be rounded up. The last window would look beyond the picture."),
        ),
    ),
    "00-3": Exercise(
        right=82,
        praise="16 x 2 + 16 numbers in the hidden layer, and 2 x 16 + 2 in the output layer.",
        hint="`make_weights(16)` returns four arrays. Add up their `size`.",
        mistakes=(
            (64, "You left out the biases: each neuron has one, 16 + 2 in all."),
            (48, "These are the numbers of the hidden layer. The output layer has some, too."),
            (4, "There are four arrays, and each has many numbers. Add up their `size`."),
        ),
    ),
    "00-4": Exercise(
        right=[[-1.5, 0, 3], [2, 0, -2]],
        praise="Two layers without an activation are one layer: 6 weights do the work of 20.",
        hint="Multiply the two matrices: `nd.dot(output_weights, hidden_weights)`.",
        mistakes=(
            (
                [[-1.5, 2], [0, 0], [3, -2]],
                "Rows and columns are exchanged. Each row belongs to one output.",
            ),
            ([6, -3], "These are the scores for one input. The matrix is the same for any input."),
        ),
    ),
    "00-5": Exercise(
        right=decayed,
        praise="Without a gradient the weight shrinks by a five-hundredth at each step.",
        hint="Add 0.02 * weight to the gradient, and subtract a tenth of the sum from the weight.",
        inputs=((1.0, 0.0), (2.0, 3.0), (-1.0, 0.5)),
    ),
}
