"""The history's filters as a form, sent by GET."""

from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from predictor.drawings.history import NO_DIGIT, DrawingFilter

DIGITS = [(str(digit), str(digit)) for digit in range(10)]
FLAGS = {"wrong", "unsure"}
SEARCH = {"type": "search", "inputmode": "numeric", "autocomplete": "off", "placeholder": "42", "maxlength": "64"}


class HistoryFilter(DrawingFilter):
    """The API's filters, with menus for single digits."""

    digit = ChoiceFilter(method="filter_digit", choices=DIGITS, empty_label=_("any"), label=_("Read as"))
    label = ChoiceFilter(
        method="filter_label",
        choices=[*DIGITS, (NO_DIGIT, _("not a digit"))],
        empty_label=_("any"),
        label=_("Labelled"),
    )

    @property
    def form(self) -> forms.Form:
        form: forms.Form = super().form
        form.fields["text"].widget = forms.TextInput(attrs=SEARCH)
        for field in form.fields.values():
            field.help_text = ""  # the filters' help texts describe the API
        return form

    @property
    def checkboxes(self) -> list[forms.BoundField]:
        return [field for field in self.form if field.name in FLAGS]

    @property
    def inputs(self) -> list[forms.BoundField]:
        return [field for field in self.form if field.name not in FLAGS]

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set, valid or not."""
        return bool(self.errors) or any(value not in ("", None) for value in self.form.cleaned_data.values())

    @property
    def query(self) -> str:
        """The filters as a query string, for links to other pages of the same list."""
        return urlencode([(name, value) for name, value in self.data.items() if name in self.filters and value])
