"""Sliders for a figure in a live notebook."""

from collections.abc import Callable, Sequence

from logoflow.utils.progress import in_notebook, watched


def with_sliders(draw: Callable, **choices: Sequence) -> None:
    """Draw a figure that a reader can change with sliders.

    Where nobody can move a slider, as in a batch run, a test or a page, the figure is drawn once,
    with the first choice of each argument.

    Parameters
    ----------
    draw : callable
        Draws and shows a figure.
    **choices : sequence
        For each argument of `draw`, the values that its slider offers. The first is the default.

    Examples
    --------
    >>> with_sliders(lambda stride: print(f"stride {stride}"), stride=[1, 2, 3])
    stride 1
    """
    if not (watched() and in_notebook()):
        first = {name: values[0] for name, values in choices.items()}
        draw(**first)
        return
    import ipywidgets

    sliders = {
        name: ipywidgets.SelectionSlider(options=list(values), continuous_update=False)
        for name, values in choices.items()
    }
    ipywidgets.interact(draw, **sliders)
