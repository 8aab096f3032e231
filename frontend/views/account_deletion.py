"""The page on which people delete their own account."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from predictor import sign_in
from predictor.drawings import account_removal, visitors


class PasswordForm(forms.Form):
    """Asks someone who is signed in for their password once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, user: User, *args: Any) -> None:
        super().__init__(*args)
        self.user = user

    def clean_password(self) -> None:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("The password is wrong. Nothing has been changed."))


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: HttpRequest) -> HttpResponse:
    """GET asks for the password, POST deletes."""
    user = cast("User", request.user)
    if request.method == "POST":
        sign_in.count_guess(request, user.get_username())
    form = PasswordForm(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        shown = {"form": form, "count": visitors.history_of(request).count()}
        return render(request, "frontend/delete_account.html", shown)
    logout(request)
    account_removal.remove(user)
    messages.success(request, _("Your account and all its drawings are deleted."))
    return redirect("frontend:draw")
