"""Accounts: sign up, sign in, change the password. `predictor.drawings.visitors` moves the history to the account."""

from django.contrib import messages
from django.contrib.auth import login, views
from django.contrib.auth.forms import PasswordChangeForm, UserCreationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from predictor import sign_in


class SignIn(views.LoginView):
    template_name = "frontend/account.html"
    redirect_authenticated_user = True
    extra_context = {"title": gettext_lazy("Sign in"), "action": gettext_lazy("Sign in"), "is_sign_in": True}


class SignUp(FormView):  # type: ignore[type-arg]
    template_name = "frontend/account.html"
    form_class = UserCreationForm
    extra_context = {"title": gettext_lazy("Sign up"), "action": gettext_lazy("Create account"), "is_sign_up": True}

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect("frontend:history")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: "UserCreationForm[User]") -> HttpResponse:
        sign_in.count_sign_up(self.request)
        user = form.save()
        login(self.request, user, backend="django.contrib.auth.backends.ModelBackend")
        messages.success(self.request, _("Welcome, %(name)s. Your drawings are in your account now.") % {"name": user})
        return redirect("frontend:history")


class ChangePassword(views.PasswordChangeView):
    template_name = "frontend/account.html"
    success_url = reverse_lazy("frontend:history")
    extra_context = {"title": gettext_lazy("Change password"), "action": gettext_lazy("Change password")}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        sign_in.count_guess(request, request.user.get_username())
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, _("Your password has been changed."))
        return super().form_valid(form)
