"""What the training minimises: wrong brands, and the distance from a teacher."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pretraining.compose import Batch, Composer
from pretraining.networks import EMBEDDING, Weights, embed, normalise

SCALE, MARGIN = 30.0, 0.15  # of the softmax over cosines
MARGIN_RISE = 0.07  # share of the time
DISTILLATION = 1.5  # weight of the distance from the teacher
KEPT = 0.5  # the same on photos without a mark, at least
FADE_START, FADE_END, FADED = 0.45, 0.85, 0.1  # shares of the time, and what is left then
PICTURES_PER_BRAND = 6  # from which a brand's first direction is made


class Losses:
    """The loss of a batch.

    It is a softmax over cosines of embeddings and brands, with a margin that each picture's own
    brand must win by. Distances from a teacher are added: of the features, and of the embeddings.

    Parameters
    ----------
    brands : int
        Number of brands. The class after them is "none".
    spread : Tensor
        Mean squared distance of the teacher's features from their mean, the unit of distances.
    teacher_embedding : Tensor, optional
        Embedding layer of the teacher. Without it, only the features on plain photos are kept.
    """

    def __init__(self, brands: int, spread: Tensor, teacher_embedding: Tensor | None):
        self.brands, self.spread, self.teacher_embedding = brands, spread, teacher_embedding

    @property
    def is_distilling(self) -> bool:
        """Whether the teacher is imitated on all pictures."""
        return self.teacher_embedding is not None

    def __call__(
        self,
        features: Tensor,
        guide: Tensor,
        embedding: Tensor,
        classes: Tensor,
        batch: Batch,
        progress: float,
    ) -> tuple[Tensor, Tensor]:
        """Return the loss to minimise, and four numbers to watch.

        Parameters
        ----------
        features : Tensor
            Features of all pictures, (crops, 1280).
        guide : Tensor
            The teacher's features, of the plain photos if nothing else is imitated.
        embedding : Tensor
            Embedding layer, (256, 1280).
        classes : Tensor
            Direction of each brand and of "none", (brands + 1, 256).
        batch : Batch
            The pictures.
        progress : float
            Share of the training time that is over.

        Returns
        -------
        loss : Tensor
            Scalar.
        facts : Tensor
            Loss of the classes, share of right brands, distances of features and of embeddings.
        """
        vectors = embed(features, embedding)
        cosines = vectors @ F.normalize(classes, dim=1).T
        margin = self.margin(progress) * F.one_hot(batch.labels, self.brands + 1)
        loss = by_class = F.cross_entropy(SCALE * (cosines - margin), batch.labels)
        squares = (features[: len(guide)] - guide).pow(2).sum(1) / self.spread
        angles = torch.zeros(1, device=features.device)
        if self.is_distilling:
            weights = self.weights(len(features), batch.plain, progress, features.device)
            angles = 1 - (vectors * embed(guide, self.teacher_embedding)).sum(1)
            loss = loss + (weights * (squares + 2 * angles)).mean()
        else:
            loss = loss + KEPT * squares.mean()
        marked = slice(batch.plain, None)
        right = (cosines[marked].argmax(1) == batch.labels[marked]).float().mean()
        facts = torch.stack([by_class, right, squares.mean(), angles.mean()])
        return loss, facts.detach()

    def margin(self, progress: float) -> float:
        """Return the margin. It rises at first where the brands' directions are random."""
        return MARGIN if self.is_distilling else MARGIN * min(1.0, progress / MARGIN_RISE)

    def weights(self, count: int, plain: int, progress: float, device: torch.device) -> Tensor:
        """Return each picture's weight of distillation. It fades after `FADE_START`."""
        share = min(1.0, max(0.0, (progress - FADE_START) / (FADE_END - FADE_START)))
        weight = DISTILLATION * (FADED + (1 - FADED) * (0.5 + 0.5 * math.cos(math.pi * share)))
        weights = torch.full((count,), weight, device=device)
        weights[:plain] = max(weight, KEPT)
        return weights


@torch.no_grad()
def teacher_features(teacher: nn.Module, pictures: Tensor, amp) -> Tensor:
    """Return the teacher's features of composed pictures, in float32."""
    pictures = normalise(pictures).contiguous(memory_format=torch.channels_last)
    with amp():
        return teacher(pictures).float()


def feature_spread(composer: Composer, teacher: Weights, batch: tuple[int, int], amp) -> Tensor:
    """Return how far the teacher's features lie from their mean, squared."""
    features = teacher_features(teacher.net, composer.batch(*batch).pictures, amp)
    return (features - features.mean(0)).pow(2).sum(1).mean().clamp(min=1e-6)


def class_directions(composer: Composer, teacher: Weights, batch: tuple[int, int], amp) -> Tensor:
    """Return the first directions of all brands and of "none", (brands + 1, 256).

    They are means of the teacher's embeddings, so that the training need not find them. They
    are random if the teacher has no embedding.
    """
    device, (count, size) = composer.rng.device, batch
    if teacher.embedding is None:
        return composer.rng.normal(composer.brands + 1, EMBEDDING, spread=0.05)
    sums = torch.zeros(composer.brands + 1, EMBEDDING, device=device)
    brands = torch.arange(composer.brands, device=device).repeat(PICTURES_PER_BRAND)
    for part in brands.split(count):
        features = teacher_features(teacher.net, composer.of_brands(part, size), amp)
        sums.index_add_(0, part, embed(features, teacher.embedding))
    features = teacher_features(teacher.net, composer.photos(count, size), amp)
    sums[-1] = embed(features, teacher.embedding).sum(0)
    return F.normalize(sums, dim=1)
