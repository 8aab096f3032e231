"""Two-factor authentication: the page that asks for a code after the password, and the page to turn it on and off."""

from base64 import b32encode
from typing import Any, cast

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.generic import FormView

from frontend.views.account_deletion import PasswordForm
from predictor import sign_in, two_factor


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("The six digits that the app shows now."),
        max_length=32,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )

    def refuse(self) -> None:
        self.add_error("code", _("This code is wrong, too old or used already. Wait for the next one."))


@method_decorator(sensitive_post_parameters(), name="dispatch")
class EnterCode(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """Asks who has given the password for a code, and then goes where they wanted to go."""

    template_name = "frontend/account.html"
    form_class = CodeForm
    next_page = "frontend:draw"
    extra_context = {"title": gettext_lazy("Enter your code"), "action": gettext_lazy("Sign in"), "is_code": True}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = two_factor.held(request, two_factor.Hurdle.CODE)
        if user is None:
            return redirect(self.get_success_url())
        self.user = user
        return super().dispatch(request, *args, **kwargs)

    def get_form(self, form_class: Any = None) -> CodeForm:
        form: CodeForm = super().get_form(form_class)
        form.fields["code"].help_text = _("The six digits that your app shows now, or one of your recovery codes.")
        return form

    def form_valid(self, form: CodeForm) -> HttpResponse:
        sign_in.count_guess(self.request, self.user.get_username())
        if not two_factor.verify(self.user, form.cleaned_data["code"]):
            form.refuse()
            return self.form_invalid(form)
        two_factor.let_pass(self.request, self.user)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "next": self.get_redirect_url()}


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Turns two-factor authentication on, by a code of the app, or off, by the password."""
    held = two_factor.held(request, two_factor.Hurdle.SET_UP)
    if held is None and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    user = held or cast("User", request.user)
    if not user.is_staff:
        raise Http404
    data = request.POST if request.method == "POST" else None
    return _turn_off(request, user, data) if two_factor.device_of(user) else _turn_on(request, user, data, held)


def _turn_on(request: HttpRequest, user: User, data: Any, held: User | None) -> HttpResponse:
    device, form = two_factor.proposed_device(user), CodeForm(data)
    if form.is_valid():
        codes = two_factor.turn_on(user, form.cleaned_data["code"])
        if codes:
            two_factor.let_pass(request, user)
            return render(request, "frontend/two_factor_on.html", {"codes": codes})
        form.refuse()
    picture = segno.make(device.config_url, error="m").svg_data_uri(scale=4, border=4, light="#fff")
    secret = b32encode(device.bin_key).decode()
    parts = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    shown = {"form": form, "picture": picture, "secret": " ".join(parts), "is_required": held is not None}
    return render(request, "frontend/two_factor_set_up.html", shown)


def _turn_off(request: HttpRequest, user: User, data: Any) -> HttpResponse:
    if data is not None:
        sign_in.count_guess(request, user.get_username())
    form = PasswordForm(user, data)
    if form.is_valid():
        two_factor.turn_off(user)
        messages.success(request, _("Two-factor authentication is off."))
        return redirect("frontend:history")
    shown = {"form": form, "device": two_factor.device_of(user), "left": two_factor.recovery_codes(user)}
    return render(request, "frontend/two_factor_off.html", shown)
