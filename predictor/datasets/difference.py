"""How a snapshot differs from the one before."""

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from predictor.models import Dataset, DatasetItem


class Difference:
    """The drawings added, removed and relabelled since the parent. Without a parent everything is added.

    `relabelled` is annotated with `before`, the label in the parent.
    """

    def __init__(self, dataset: Dataset) -> None:
        after = DatasetItem.objects.filter(dataset=dataset)
        before = DatasetItem.objects.filter(dataset=dataset.parent_id or 0)
        same = OuterRef("drawing_id")
        self.added: QuerySet[DatasetItem] = after.exclude(Exists(before.filter(drawing_id=same)))
        self.removed: QuerySet[DatasetItem] = before.exclude(Exists(after.filter(drawing_id=same)))
        label = before.filter(drawing_id=same).values("label")[:1]
        self.relabelled: QuerySet[DatasetItem] = after.annotate(before=Subquery(label)).exclude(label=F("before"))
        self.relabelled = self.relabelled.exclude(before=None)

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name).count() for name in ("added", "removed", "relabelled")}
