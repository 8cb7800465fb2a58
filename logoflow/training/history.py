"""The history of a training run: its epochs and its best checkpoint."""

import glob
from pathlib import Path

import pandas as pd
from mxnet import gluon

from logoflow.errors import DamagedFileError
from logoflow.models.weight_files import arrays_of
from logoflow.utils.files import sha256_of
from logoflow.utils.params_files import write_params

COLUMNS = ["epoch", "loss", "train_acc", "val_acc", "test_acc", "seconds"]


class History:
    """Loss and accuracy of each epoch, and the checkpoint of the best epoch.

    Parameters
    ----------
    model_prefix : Path
        Beginning of the checkpoint's file name.
    quiet : bool
        Whether to print nothing.

    Attributes
    ----------
    rows : list of dict
        One per epoch, with the keys of `COLUMNS`.
    best_epoch : int
        The epoch with the best validation accuracy; -1 before the first epoch.
    """

    def __init__(self, model_prefix: Path, quiet: bool = False):
        self.model_prefix, self.quiet = model_prefix, quiet
        self.rows: list[dict] = []
        self.best_epoch = -1
        self._best_sha256: str | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """Loss, accuracies (0 to 1) and seconds, with one row per epoch."""
        return pd.DataFrame(self.rows, columns=COLUMNS).set_index("epoch")

    @property
    def best_path(self) -> Path | None:
        """Path of the best checkpoint, ``<prefix>-<epoch>.params``; None before the first epoch."""
        return None if self.best_epoch < 0 else self._checkpoint(self.best_epoch)

    @property
    def best_val_acc(self) -> float:
        """Validation accuracy of the best epoch, 0 to 1; -1 before the first epoch."""
        return -1.0 if self.best_epoch < 0 else self.rows[self.best_epoch]["val_acc"]

    @property
    def resume_path(self) -> Path:
        """Path of the file that an interrupted run continues from."""
        return Path(f"{self.model_prefix}.resume.npz")

    def load_best(self, net: gluon.Block) -> None:
        """Load the weights of the best epoch into the network, on its devices.

        Parameters
        ----------
        net : Block
            The network that was trained.

        Raises
        ------
        DamagedFileError
            If the checkpoint is not the one that this run wrote.
        """
        path = self.best_path
        if self._best_sha256 is not None and sha256_of(path) != self._best_sha256:  # type: ignore[arg-type]
            raise DamagedFileError(
                f"{path} is not the checkpoint of epoch {self.best_epoch}: another run of this "
                "name replaced it, or the disk is broken. Train again, with a name that no other "
                "run uses."
            )
        ctx = next(iter(net.collect_params().values())).list_ctx()
        net.collect_params().load(str(path), ctx=ctx)

    def add(
        self,
        epoch: int,
        loss: float,
        train_acc: float,
        val_acc: float,
        test_acc: float | None,
        seconds: float,
    ) -> None:
        """Add an epoch and print the Gluon article's line about it."""
        values = (epoch, loss, train_acc, val_acc, test_acc, seconds)
        self.rows.append(dict(zip(COLUMNS, values, strict=True)))
        test_text = "" if test_acc is None else f"Test acc {test_acc:.2f}, "
        self._print(
            f"Epoch {epoch}. Loss: {loss:.3f}, Train acc {train_acc:.2f}, "
            f"Val acc {val_acc:.2f}, {test_text}Time {seconds:.1f} sec"
        )

    def keep_if_best(self, net: gluon.Block) -> Path | None:
        """Save a checkpoint if the last epoch is the best so far.

        Returns
        -------
        Path or None
            The checkpoint that the new one replaces. The caller deletes it after the resume file
            no longer refers to it.
        """
        last_row = self.rows[-1]
        if last_row["val_acc"] <= self.best_val_acc:
            return None
        replaced_checkpoint, self.best_epoch = self.best_path, last_row["epoch"]
        self._print("Best validation accuracy found. Checkpointing...")
        path = write_params(self.best_path, arrays_of(net.collect_params()))  # type: ignore[arg-type]
        self._best_sha256 = sha256_of(path)
        return replaced_checkpoint

    def out_of_patience(self, patience: int | None) -> bool:
        """Return whether none of the last `patience` epochs improved the validation accuracy."""
        if patience is None or not self.rows:
            return False
        return len(self.rows) - 1 - self.best_epoch >= patience

    def state(self) -> dict:
        """Return what a resume file stores of this history."""
        return {
            "rows": self.rows,
            "best_epoch": self.best_epoch,
            "best_sha256": self._best_sha256,
        }

    def restore(self, state: dict) -> None:
        """Restore a `state`, and delete the checkpoints that it does not refer to."""
        self.rows, self.best_epoch = state["rows"], state["best_epoch"]
        self._best_sha256 = state.get("best_sha256")
        # A killed run may have saved a checkpoint of the epoch after the last stored row.
        for epoch in range(len(self.rows) + 1):
            if epoch != self.best_epoch:
                self._checkpoint(epoch).unlink(missing_ok=True)

    def remove_partial_files(self) -> None:
        """Delete this run's files that a kill left half-written."""
        name = glob.escape(self.model_prefix.name)
        for pattern in (f".{name}-[0-9]*.params.*.part", f".{name}.resume.npz.*.part"):
            for path in self.model_prefix.parent.glob(pattern):
                path.unlink()

    def _print(self, line: str) -> None:
        if not self.quiet:
            print(line)

    def _checkpoint(self, epoch: int) -> Path:
        return Path(f"{self.model_prefix}-{epoch}.params")
