"""Count the rows of a run, and report its progress."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tqdm.auto import tqdm

from logoflow.utils.progress import LOG_SECONDS, duration, watched
from logoflow.web.bulk.shards import Answer

_logger = logging.getLogger("logoflow")
_MAX_STATUSES = 4  # the most frequent ones, beside the progress


class Tally:
    """Count rows by status and brand, with a progress bar where a person watches.

    Elsewhere the logger ``logoflow`` gets a line every 30 seconds.

    Parameters
    ----------
    total : callable
        Gives the rows of the whole input; None while they are not known.

    Examples
    --------
    >>> tally = Tally(lambda: 1000)
    >>> tally.keep([Answer("ok", brand="bmw")] * 500)
    >>> tally.start()
    >>> tally.count([Answer("ok", brand="bmw"), Answer("timeout")])
    >>> tally.statuses.total(), tally.brands["bmw"]
    (502, 501)
    >>> tally.close()
    """

    def __init__(self, total: Callable[[], int | None] = lambda: None) -> None:
        self.parts = 0
        self.statuses: Counter[str] = Counter()
        self.brands: Counter[str | None] = Counter()
        self._total = total
        self._kept = 0  # rows that an earlier run answered: they say nothing about the speed
        self._started = self._logged = time.monotonic()
        self._has_logged = False
        self._bar: tqdm | None = None

    def keep(self, answers: Sequence[Answer]) -> None:
        """Count the rows of a part that an earlier run answered."""
        self._kept += len(answers)
        self.count(answers)

    def start(self) -> None:
        """Measure the time from now on: the first rows without an answer begin."""
        self._started = time.monotonic()
        if self._bar is not None:
            self._bar.start_t = self._bar.last_print_t = time.time()
        self.report()

    def count(self, answers: Sequence[Answer]) -> None:
        """Count the rows of a part."""
        self.parts += 1
        self.statuses.update(answer.status for answer in answers)
        self.brands.update(answer.brand for answer in answers if answer.status == "ok")
        self.report()

    def report(self) -> None:
        """Show the progress. It is called every few seconds, also if no rows were answered."""
        if watched():
            self._draw()
        elif time.monotonic() - self._logged >= LOG_SECONDS:
            self._logged, self._has_logged = time.monotonic(), True
            _logger.info(self._line())

    def close(self) -> None:
        """Stop the progress bar. Its last counts stay on the screen."""
        if self._bar is not None:
            self._bar.close()
        if self._has_logged:
            _logger.info(self._line(is_last=True))

    def _draw(self) -> None:
        if self._bar is None:
            self._bar = tqdm(
                desc="classify_urls",
                total=self._total(),
                unit=" rows",
                unit_scale=True,  # 412k of 1.00M
                smoothing=0,  # shards come in bursts: the average speed gives the time left
                dynamic_ncols=True,
            )
        self._bar.initial = self._kept
        self._bar.set_postfix_str(self._frequent_statuses(), refresh=False)
        rows = self.statuses.total() - self._bar.n
        if rows:
            self._bar.update(rows)
        else:
            self._bar.refresh()  # the time goes on

    def _line(self, is_last: bool = False) -> str:
        """Write a line such as ``classify_urls: 412,000 of 1,000,000 rows (41%), 2.0 h left``."""
        total, rows = self._total(), self.statuses.total()
        seconds = time.monotonic() - self._started
        parts = [_share(rows, total)]
        if is_last:
            parts += [f"in {duration(seconds)}"]
        if rows > self._kept and seconds > 0:
            rate = (rows - self._kept) / seconds
            parts += [f"{rate:,.0f} rows/s" if rate >= 10 else f"{rate:.1f} rows/s"]
            if total is not None and not is_last:
                parts += [f"{duration(max(0, total - rows) / rate)} left"]
        statuses = self._frequent_statuses()
        return f"classify_urls: {', '.join(parts)}{'; ' if statuses else ''}{statuses}"

    def _frequent_statuses(self) -> str:
        frequent = self.statuses.most_common(_MAX_STATUSES)
        return ", ".join(f"{rows:,} {status}" for status, rows in frequent)


def _share(rows: int, total: int | None) -> str:
    if total is None:
        return f"{rows:,} rows"
    share = f" ({100 * rows // total}%)" if total else ""
    return f"{rows:,} of {total:,} rows{share}"
