"""What a training run did, epoch by epoch, and where its best weights are."""

import glob
from pathlib import Path

import pandas as pd
from mxnet import gluon

from logoflow.utils.files import atomic_path

COLUMNS = ["epoch", "loss", "train_acc", "val_acc", "test_acc", "seconds"]


class History:
    """A training run's lines and its best checkpoint.

    Parameters
    ----------
    model_prefix : Path
        Start of the checkpoint's file name.
    quiet : bool
        Print nothing.

    Attributes
    ----------
    rows : list of dict
        One per epoch.
    best_epoch : int
        The epoch best on validation; -1 before the first.
    """

    def __init__(self, model_prefix: Path, quiet: bool = False):
        self.model_prefix, self.quiet = model_prefix, quiet
        self.rows: list[dict] = []
        self.best_epoch = -1

    @property
    def frame(self) -> pd.DataFrame:
        """Loss, accuracies (0 to 1) and seconds, a row per epoch."""
        return pd.DataFrame(self.rows, columns=COLUMNS).set_index("epoch")

    @property
    def best_path(self) -> Path | None:
        """The best epoch's checkpoint, ``<prefix>-<epoch>.params``; None before the first."""
        return None if self.best_epoch < 0 else self._checkpoint(self.best_epoch)

    @property
    def best_val_acc(self) -> float:
        """Validation accuracy of the best epoch, 0 to 1."""
        return -1.0 if self.best_epoch < 0 else self.rows[self.best_epoch]["val_acc"]

    @property
    def resume_path(self) -> Path:
        """File that an interrupted run goes on from."""
        return Path(f"{self.model_prefix}.resume.npz")

    def load_best(self, net: gluon.Block) -> None:
        """Give the trained net the weights of its best epoch, where it is.

        Parameters
        ----------
        net : Block
            The net that was trained.
        """
        ctx = next(iter(net.collect_params().values())).list_ctx()
        net.collect_params().load(str(self.best_path), ctx=ctx)

    def add(
        self,
        epoch: int,
        loss: float,
        train_acc: float,
        val_acc: float,
        test_acc: float | None,
        seconds: float,
    ) -> None:
        """Record an epoch and print the Gluon article's line."""
        values = (epoch, loss, train_acc, val_acc, test_acc, seconds)
        self.rows.append(dict(zip(COLUMNS, values, strict=True)))
        test = "" if test_acc is None else f"Test acc {test_acc:.2f}, "
        self._say(
            f"Epoch {epoch}. Loss: {loss:.3f}, Train acc {train_acc:.2f}, "
            f"Val acc {val_acc:.2f}, {test}Time {seconds:.1f} sec"
        )

    def keep_if_best(self, net: gluon.Block) -> Path | None:
        """Checkpoint the net if its last epoch is the best.

        Returns
        -------
        Path or None
            The checkpoint that this one replaces, for the caller to delete when nothing
            refers to it any more.
        """
        last = self.rows[-1]
        if last["val_acc"] <= self.best_val_acc:
            return None
        before, self.best_epoch = self.best_path, last["epoch"]
        self._say("Best validation accuracy found. Checkpointing...")
        with atomic_path(self.best_path) as tmp:  # type: ignore[arg-type]
            net.collect_params().save(str(tmp))
        return before

    def out_of_patience(self, patience: int | None) -> bool:
        """Tell whether the last `patience` epochs brought nothing better on validation."""
        if patience is None or not self.rows:
            return False
        return len(self.rows) - 1 - self.best_epoch >= patience

    def facts(self) -> dict:
        """What a resume file keeps of this history."""
        return {"rows": self.rows, "best_epoch": self.best_epoch}

    def restore(self, facts: dict) -> None:
        """Take over the `facts` of a resume file, and drop checkpoints it does not refer to."""
        self.rows, self.best_epoch = facts["rows"], facts["best_epoch"]
        # The run was killed before or after its epoch number len(rows) was recorded.
        for epoch in range(len(self.rows) + 1):
            if epoch != self.best_epoch:
                self._checkpoint(epoch).unlink(missing_ok=True)

    def drop_leftovers(self) -> None:
        """Remove what a kill in the middle of a write left of this run's own files."""
        name = glob.escape(self.model_prefix.name)
        for pattern in (f".{name}-[0-9]*.params.*.part", f".{name}.resume.npz.*.part"):
            for path in self.model_prefix.parent.glob(pattern):
                path.unlink()

    def _say(self, line: str) -> None:
        if not self.quiet:
            print(line)

    def _checkpoint(self, epoch: int) -> Path:
        return Path(f"{self.model_prefix}-{epoch}.params")
