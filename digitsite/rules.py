"""What reviewers are shown in which order, read as `settings.REVIEW`."""

# The queue of reviews: what is shown in which order, and what reviewers and visitors are held to.
REVIEW: dict[str, float] = {
    # Points of each reason to look at a drawing; those of one drawing add up, and the most points come first.
    # Two versions of the network read it differently: what a candidate does otherwise comes up before all else.
    "weight_versions": 4.0,
    # Two reviewers gave different answers.
    "weight_disputed": 3.5,
    # The visitor says something else than the network.
    "weight_disagrees": 3.0,
    # The network isn't sure; times what its confidence lacks to 1.
    "weight_unsure": 2.0,
    # A second reviewer answers what one has decided.
    "weight_second": 1.5,
    # A visitor's label that the network agrees with.
    "weight_label": 1.0,
    # A random check of a sure reading.
    "weight_audit": 0.5,
    # Taken off: nothing can be learned from it without the visitor's consent …
    "weight_no_consent": 2.0,
    # … for each of the same kind among the last ones that this reviewer saw.
    "weight_same_kind": 0.5,
    "same_kind_among": 20,
    # Share of the sure readings that are checked at random …
    "audit_share": 0.02,
    # … of the decisions that a second reviewer gives once more, without seeing the first …
    "second_share": 0.1,
    # … and of the drawings shown whose answer is known, to measure the reviewer.
    "check_share": 0.04,
    # Days until a known answer is asked for again.
    "check_rest_days": 30,
    # Seconds that a drawing stays with the reviewer who has it.
    "claim_seconds": 300,
    # Drawings that the page holds ready.
    "ahead": 8,
    # Seconds until a skipped drawing comes back.
    "skip_seconds": 3600,
    # Seconds after its last stroke until a drawing of which nothing was said counts as finished.
    "settle_seconds": 30,
    # A visitor is flagged once this many of their labels were decided …
    "flag_after": 10,
    # … and among the newest of them (and as many that wait and that the network agrees with) …
    "flag_among": 40,
    # … more than this share was rejected.
    "flag_share": 0.5,
    # Drawings of a flagged visitor that are reviewed in a day.
    "flagged_daily": 20,
}
