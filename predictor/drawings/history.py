"""Filters and orders a person's own drawings, for the history page, the API and the data export."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, Filter, FilterSet

from predictor.models import Drawing, Label, LabelState, Prediction, PredictionKind, PredictionStatus

NO_DIGIT = "none"
FIRST_DAY = date(2000, 1, 1)
LAST_DAY = date(9998, 12, 31)
"""Days outside this range overflow in some time zones or databases."""
BOOLEANS = dict.fromkeys(("true", "t", "on", "yes", "y", "1"), True) | dict.fromkeys(
    ("false", "f", "off", "no", "n", "0"), False
)
NAMES = {"text": "text", "digit": "digit", "label": "label", "from": "since", "to": "until"}
NAMES |= {"wrong": "wrong", "unsure": "unsure"}
"""Query parameter → attribute of `DrawingFilter`, in the order of the page's form; "from" can't be an attribute."""


class DigitsField(forms.RegexField):
    default_error_messages = {"invalid": _("Search for digits only, such as 42.")}

    def __init__(self, *, most: int = 64, **kwargs: Any) -> None:
        self.pattern = f"^[0-9]{{0,{most}}}$"
        super().__init__(self.pattern, **kwargs)


class LabelField(DigitsField):
    """A label's text. An empty value means "not a digit" and becomes NO_DIGIT; a missing one stays ""."""

    def clean(self, value: Any) -> Any:
        return NO_DIGIT if value == "" else super().clean(value)


class MomentField(forms.Field):
    """A moment in ISO 8601, or a day in the site's time zone: its first moment, or its last with `is_end`."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": _("Enter a date, such as 2026-03-01.")}

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_end = is_end

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            day = parse_date(value)
            moment = self._moment_of(day) if day else parse_datetime(value)
            if moment and timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
            found = moment and moment.astimezone(UTC)
        except (ValueError, OverflowError):
            found = None
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return found

    def _moment_of(self, day: date) -> datetime:
        """The first moment of a day, or its last with `is_end`; naive, in the site's time zone."""
        day = min(max(day, FIRST_DAY), LAST_DAY) + timedelta(days=self.is_end)
        return datetime.combine(day, time.min) - timedelta(microseconds=self.is_end)


class FlagInput(forms.CheckboxInput):
    """A checkbox that doesn't read "absent" as "false"."""

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs, check_test=lambda value: BOOLEANS.get(str(value).lower(), False))

    def value_from_datadict(self, data: Any, _files: Any, name: str) -> Any:
        return data.get(name)

    def format_value(self, value: Any) -> None:
        """No value: a ticked box sends "on", whatever it was filled with."""


class FlagField(forms.Field):
    widget = FlagInput
    default_error_messages = {"invalid": _("Enter true or false.")}

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values or value == "null":
            return None
        if (flag := BOOLEANS.get(value.lower())) is None:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return flag


class DigitsFilter(CharFilter):  # type: ignore[misc]
    field_class = DigitsField


class LabelFilter(CharFilter):  # type: ignore[misc]
    field_class = LabelField


class MomentFilter(Filter):  # type: ignore[misc]
    field_class = MomentField


class FlagFilter(Filter):  # type: ignore[misc]
    field_class = FlagField


class DrawingFilter(FilterSet):  # type: ignore[misc]
    """The filters of the history. A missing or empty filter is ignored.

    An index alone answers each condition. The query scans the index `drawing_history` until a page is full, and never
    reads the pictures of drawings that don't match.
    """

    text = DigitsFilter(
        method="filter_text", label=_("Reading contains"), help_text="the reading contains these digits in a row"
    )
    digit = DigitsFilter(method="filter_digit", label=_("Read as"), help_text="the reading is exactly this")
    label = LabelFilter(
        method="filter_label", most=32, label=_("Labelled"), help_text='the shown label is this; "" means "not a digit"'
    )
    since = MomentFilter(
        field_name="created_at",
        lookup_expr="gte",
        label=_("From"),
        help_text="made at this moment or later; a day means its start",
    )
    until = MomentFilter(
        field_name="created_at",
        lookup_expr="lte",
        is_end=True,
        label=_("To"),
        help_text="made at this moment or earlier; a day means its end",
    )
    wrong = FlagFilter(
        method="filter_wrong",
        label=_("Read wrongly"),
        help_text="whether the reading differs from the proposed or accepted label",
    )
    unsure = FlagFilter(method="filter_unsure", label=_("Not sure"), help_text="whether the network was not sure")

    @classmethod
    def get_filters(cls) -> dict[str, Filter]:
        filters = super().get_filters()
        return {name: filters[attribute] for name, attribute in NAMES.items()} if filters else {}

    def filter_text(self, drawings: QuerySet[Drawing], _name: str, text: str) -> QuerySet[Drawing]:
        return drawings.filter(_reading(text__contains=text))

    def filter_digit(self, drawings: QuerySet[Drawing], _name: str, text: str) -> QuerySet[Drawing]:
        return drawings.filter(_reading(text=text))

    def filter_label(self, drawings: QuerySet[Drawing], _name: str, text: str) -> QuerySet[Drawing]:
        return drawings.annotate(shown=_label()).filter(shown="" if text == NO_DIGIT else text)

    def filter_unsure(self, drawings: QuerySet[Drawing], _name: str, unsure: bool) -> QuerySet[Drawing]:
        is_unsure = _reading(sure=False)
        return drawings.filter(is_unsure if unsure else ~is_unsure)

    def filter_wrong(self, drawings: QuerySet[Drawing], _name: str, wrong: bool) -> QuerySet[Drawing]:
        drawings = drawings.annotate(stands=_label(LabelState.REJECTED))
        agrees = Exists(_newest().filter(text=OuterRef("stands")))
        is_wrong = Exists(_newest()) & ~agrees
        if wrong:
            return drawings.filter(stands__isnull=False).filter(is_wrong)
        return drawings.exclude(is_wrong, stands__isnull=False)


def is_moment(text: str) -> bool:
    """Whether it is a moment with its time zone, in ISO 8601, that a database can compare with."""
    try:
        moment = parse_datetime(text)
        return moment is not None and timezone.is_aware(moment) and bool(moment.astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def before(drawings: QuerySet[Drawing], moment: datetime, drawing_id: uuid.UUID) -> QuerySet[Drawing]:
    """The drawings older than this one, newest first. The last page is as fast as the first."""
    # The index can use only the first condition to find where to start.
    older = Q(created_at__lte=moment) & (Q(created_at__lt=moment) | Q(pk__lt=drawing_id))
    return drawings.filter(older).order_by("-created_at", "-id")


def _newest() -> QuerySet[Prediction]:
    """The reading that is shown for a drawing: the finished live one of its newest revision."""
    return Prediction.objects.filter(
        drawing=OuterRef("pk"),
        revision=OuterRef("revision"),
        kind=PredictionKind.LIVE,
        status=PredictionStatus.DONE,
    )


def _reading(**conditions: Any) -> Exists:
    return Exists(_newest().filter(**conditions))


def _label(*but: LabelState) -> Combinable:
    """The text of the shown label. The states sort in order of precedence: accepted, proposed, rejected."""
    said = Label.objects.filter(drawing=OuterRef("pk")).exclude(state__in=(LabelState.WITHDRAWN, *but))
    return Subquery(said.order_by("state", "-pk").values("text")[:1])


def for_showing(drawings: QuerySet[Drawing], *, glyphs: bool = True) -> QuerySet[Drawing]:
    """Loads what a page shows of the drawings, without their pictures, in three queries for any number of drawings.

    Of a drawing's readings, it loads the shown one only: a drawing has one for each stroke, and each may be large.
    """
    newest = Prediction.objects.filter(kind=PredictionKind.LIVE, revision=F("drawing__revision"))
    shown = newest.defer("explanation", *([] if glyphs else ["glyphs"]))
    return drawings.defer("image", "strokes").prefetch_related(Prefetch("predictions", shown), "labels")
