"""The settings of review: what is shown in which order, and the limits for reviewers and visitors.

Read as `settings.REVIEW`. Import only the standard library and predictor.policies here: settings are loaded before
Django's apps.
"""

from dataclasses import dataclass, field

from predictor.policies import check_fields

_SHARE = {"least": 0, "most": 1}
_AT_LEAST_ONE = {"least": 1}


@dataclass(frozen=True, kw_only=True)
class ReviewPolicy:
    """Raises ValueError, which names the field, for a value of the wrong type or out of range."""

    weight_versions: float = 4.0
    """Points: two versions of the network read the drawing differently. The points of all reasons add up, and the
    drawings with the most points come first."""
    weight_disputed: float = 3.5
    """Points: two reviewers gave different answers."""
    weight_disagrees: float = 3.0
    """Points: the visitor's label differs from the reading."""
    weight_unsure: float = 2.0
    """Points, times 1 − confidence: the network is not sure."""
    weight_second: float = 1.5
    """Points: another reviewer's decision awaits a second opinion."""
    weight_label: float = 1.0
    """Points: a visitor's label agrees with the reading."""
    weight_audit: float = 0.5
    """Points: a random check of a sure reading."""
    weight_no_consent: float = 2.0
    """Points taken off a drawing that can't be used for training, because its owner has not consented."""
    weight_same_kind: float = 0.5
    """Points taken off for each drawing of the same kind among the last ones that this reviewer saw."""
    same_kind_among: int = 20
    """Drawings: how many of a reviewer's last ones `weight_same_kind` counts."""
    audit_share: float = field(default=0.02, metadata=_SHARE)
    """0 to 1: the share of sure readings that are checked at random."""
    second_share: float = field(default=0.1, metadata=_SHARE)
    """0 to 1: the share of decisions that a second reviewer answers again without seeing the first answer."""
    check_share: float = field(default=0.04, metadata=_SHARE)
    """0 to 1: the share of drawings with a known answer among those shown, to measure the reviewer."""
    check_rest_days: float = 30
    """Days until the same known answer is asked for again."""
    claim_seconds: float = field(default=300, metadata=_AT_LEAST_ONE)
    """Seconds that a drawing stays reserved for the reviewer who has it."""
    ahead: int = field(default=8, metadata=_AT_LEAST_ONE)
    """Drawings that the page loads ahead."""
    skip_seconds: float = 3600
    """Seconds until a skipped drawing comes back."""
    settle_seconds: float = 30
    """Seconds after the last reading until an unlabelled drawing counts as finished."""
    flag_after: int = field(default=10, metadata=_AT_LEAST_ONE)
    """Labels of a visitor that must be decided before the visitor can be flagged."""
    flag_among: int = field(default=40, metadata=_AT_LEAST_ONE)
    """Labels: how many of a visitor's newest decided ones count, and as many that wait and agree with the reading."""
    flag_share: float = field(default=0.5, metadata=_SHARE)
    """0 to 1: a visitor with a larger share of rejected labels is flagged."""
    flagged_daily: int = 20
    """Drawings of a flagged visitor that are reviewed in a day."""

    def __post_init__(self) -> None:
        check_fields(self, "REVIEW")

    def weight(self, reason: str) -> float:
        """The points of a `ReviewReason`."""
        points: float = getattr(self, f"weight_{reason}")
        return points
