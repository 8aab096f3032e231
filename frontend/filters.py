"""What the history page can be asked for: a plain form, sent as the page's own address."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from predictor.drawings.history import Wanted

NO_DIGIT = "none"
DIGITS = [(str(digit), str(digit)) for digit in range(10)]
ANY = ("", _("any"))
FIRST = date(2000, 1, 1)
LAST = date(9998, 12, 31)


class DayField(forms.DateField):
    """A day as a browser's date field sends it, within what every database and time zone can hold."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    input_formats = ["%Y-%m-%d"]

    def clean(self, value: object) -> date | None:
        day: date | None = super().clean(value)
        return day and min(max(day, FIRST), LAST)


class HistoryForm(forms.Form):
    """What isn't filled in asks for nothing; all empty is the whole history."""

    field_order = ["text", "digit", "label", "from", "to", "wrong", "unsure"]

    text = forms.RegexField(
        r"^[0-9]*$",
        required=False,
        max_length=64,
        label=_("Reading contains"),
        error_messages={"invalid": _("Search for digits only, such as 42.")},
        widget=forms.TextInput(
            attrs={"type": "search", "inputmode": "numeric", "autocomplete": "off", "placeholder": "42"}
        ),
    )
    digit = forms.ChoiceField(choices=[ANY, *DIGITS], required=False, label=_("Read as"))
    label = forms.ChoiceField(choices=[ANY, *DIGITS, (NO_DIGIT, _("not a digit"))], required=False, label=_("Labelled"))
    to = DayField(required=False, label=_("To"))
    wrong = forms.BooleanField(required=False, label=_("Read wrongly"))
    unsure = forms.BooleanField(required=False, label=_("Not sure"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        # "from" can't be the name of an attribute.
        self.fields["from"] = DayField(required=False, label=_("From"))
        self.order_fields(self.field_order)
        for name in self.errors if self.is_bound else ():
            self.fields[name].widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"id_{name}_error"}

    @property
    def choices(self) -> list[forms.BoundField]:
        """The fields that are ticked, not filled in."""
        return [self["wrong"], self["unsure"]]

    @property
    def values(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in {"wrong", "unsure"}]

    def wanted(self) -> Wanted:
        """What was asked for; a value that makes no sense asks for nothing, and `errors` says so."""
        self.is_valid()
        given = self.cleaned_data
        label = given.get("label") or None
        return Wanted(
            text=given.get("text", ""),
            digit=given.get("digit", ""),
            label="" if label == NO_DIGIT else label,
            wrong=given.get("wrong") or None,
            unsure=given.get("unsure") or None,
            since=_start_of(given.get("from")),
            until=_end_of(given.get("to")),
        )

    def query(self) -> str:
        """The form as the part of an address that the next page keeps."""
        return urlencode([(name, value) for name, value in self.data.items() if name in self.fields and value])


def _start_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _end_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None
