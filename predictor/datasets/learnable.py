"""The drawings that the site may learn from, and their writers."""

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from predictor.models import Drawing, Label, LabelState, Owner, Side

HELD_OUT_FIRST = (Side.TEST, Side.VALIDATION, Side.TRAIN)
"""A writer or picture that would be on two sides is put on the first of these."""


def learnable() -> QuerySet[Drawing]:
    """Drawings with an accepted label and consent, annotated with `label` (the newest accepted) and `writer`.

    Drawings of excluded visitors are left out. `writer` is the first owner of the person, who may have signed in with
    several cookies. Where these owners are on different sides, only drawings on the first side of HELD_OUT_FIRST are
    kept, so that no drawing changes side and nobody is on two.
    """
    accepted = Label.objects.filter(drawing=OuterRef("pk"), state=LabelState.ACCEPTED).order_by("-pk")
    first = Owner.objects.filter(user=OuterRef("owner__user")).order_by("pk")
    drawings = Drawing.objects.annotate(
        label=Subquery(accepted.values("text")[:1]),
        writer=Coalesce(Subquery(first.values("pk")[:1]), F("owner_id")),
    ).filter(consent=True, label__isnull=False, owner__excluded_at=None)
    for place, side in enumerate(HELD_OUT_FIRST):
        stronger = Owner.objects.filter(side__in=HELD_OUT_FIRST[:place], user__isnull=False)
        drawings = drawings.exclude(
            owner__side=side, owner__user__isnull=False, owner__user__in=stronger.values("user")
        )
    return drawings
