import random
from concurrent.futures import ThreadPoolExecutor

from logoflow.utils.draws import drawing_from, draws


def test_without_a_generator_the_draws_are_those_of_python():
    assert draws() is random


def test_threads_draw_from_their_own_generators():
    def numbers(seed: int) -> list[float]:
        with drawing_from(random.Random(seed)):
            return [draws().random() for _ in range(1000)]

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(numbers, range(8)))
    assert together == [numbers(seed) for seed in range(8)]
    assert draws() is random


def test_an_inner_generator_gives_way_to_the_outer_one():
    outer = random.Random(1)
    with drawing_from(outer):
        with drawing_from(random.Random(2)):
            assert draws() is not outer
        assert draws() is outer
