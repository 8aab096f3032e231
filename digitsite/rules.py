"""What the site is held to: the gate of a retrain, what a dataset counts. `digitsite.settings`
takes them up, so that they are read, and overridden, as settings.
"""

from digitsite.limits import AtLeast, AtMost

# The gate: what a retrained network must hold against the champion, on the same glyphs (predictor/gate.py). Columns: up
# to where it is promoted, up to where a person is asked, the unit, what it is. Any rule beyond both keeps the champion.
GATE = {
    "holdout_fall": AtMost(0.001, 0.002, "points", "accuracy lost on 5,000 MNIST training pictures kept aside"),
    "holdout_certainty": AtMost(0.95, 0.99, "share", "how certain McNemar's exact test is that it reads them worse"),
    "holdout_class_fall": AtMost(0.01, 0.02, "points", "accuracy lost within the one digit of them that lost most"),
    "holdout_class_unsure": AtMost(
        0.05, 0.1, "points", "share of the one digit of them of which it is less often sure, or takes it for none"
    ),
    "holdout_flips": AtMost(0.001, 0.002, "share", "of them the champion read rightly and the candidate doesn't"),
    "holdout_calibration": AtMost(
        0.005, 0.02, "points", "how much further its confidence is from how often it is right"
    ),
    "grid_fall": AtMost(0.002, 0.005, "points", "accuracy lost on 1,500 of them drawn anew in fifteen ways"),
    "grid_certainty": AtMost(
        0.95, 0.975, "share", "how certain the exact test is that it reads these worse: here forgetting shows first"
    ),
    "grid_cell_fall": AtMost(0.01, 0.02, "points", "accuracy lost within the way of drawing that lost most"),
    "grid_class_fall": AtMost(0.01, 0.02, "points", "accuracy lost within the one digit of these that lost most"),
    "grid_flips": AtMost(0.005, 0.01, "share", "of these the champion read rightly and the candidate doesn't"),
    "scribbles_fall": AtMost(0.05, 0.15, "points", "share of letters, shapes and scribbles that it is newly sure of"),
    "validation_count": AtLeast(
        0, 0, "", "validation drawings of the site's own to compare on; raise it to be asked without them"
    ),
    "validation_fall": AtMost(0.0, 0.02, "points", "accuracy lost on the site's validation drawings"),
    "validation_certainty": AtMost(0.95, 0.99, "share", "how certain the exact test is that it reads these worse"),
    "validation_class_fall": AtMost(
        0.1, 0.2, "points", "accuracy lost within one digit of these that has at least ten"
    ),
    "validation_class_unsure": AtMost(
        0.1, 0.3, "points", "share of one digit of these of which it is less often sure, or takes it for none"
    ),
    "validation_flips": AtMost(0.02, 0.05, "share", "of these the champion read rightly and the candidate doesn't"),
    "latency": AtMost(1.5, 3.0, "times", "time for one glyph against the champion's, both measured in turn"),
    "size": AtMost(1.2, 4.0, "times", "its file's bytes against the champion's"),
}

# Datasets: what counts how much in a snapshot (predictor/datasets), and how much the admin's page of import takes.
DATASETS = {
    # The share of all training weight that one writer's drawings may have together …
    "writer_share": 0.2,
    # … but as many drawings count in full as this, whoever drew them: on a site of few people nothing is lost.
    "writer_least": 50,
    # Bits of 64 in which the looks of two drawings may differ and they still share the weight of one (0 to 3).
    "duplicate_bits": 2,
    # The largest file that may be uploaded for import in the admin, in bytes, and the most drawings in it.
    "upload_bytes": 20 * 2**20,
    "upload_drawings": 2_000,
}
