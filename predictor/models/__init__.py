"""The database models. A model with a state machine draws it in its docstring."""

from predictor.models.datasets import Dataset, DatasetItem, PictureSide
from predictor.models.drawings import Drawing, ForgottenDrawing, Mode, Owner, Side, Source
from predictor.models.labels import Label
from predictor.models.predictions import Prediction
from predictor.models.probe import Probe
from predictor.models.reviews import (
    ActionKind,
    Lane,
    ReadAs,
    ReviewAction,
    ReviewCursor,
    ReviewItem,
    ReviewPurpose,
    ReviewReason,
)
from predictor.models.states import LabelAuthor, LabelState, PredictionKind, PredictionStatus
from predictor.models.training import Decision, RunStatus, TrainingRun
from predictor.models.versions import ModelVersion, Rereading, VersionStatus

__all__ = [
    "ActionKind",
    "Dataset",
    "DatasetItem",
    "Decision",
    "Drawing",
    "ForgottenDrawing",
    "Label",
    "LabelAuthor",
    "LabelState",
    "Lane",
    "Mode",
    "ModelVersion",
    "Owner",
    "PictureSide",
    "Prediction",
    "PredictionKind",
    "PredictionStatus",
    "Probe",
    "ReadAs",
    "Rereading",
    "ReviewAction",
    "ReviewCursor",
    "ReviewItem",
    "ReviewPurpose",
    "ReviewReason",
    "RunStatus",
    "Side",
    "Source",
    "TrainingRun",
    "VersionStatus",
]
