"""URLs of the pages, named `frontend:…`. The account pages have the names that Django expects."""

from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.i18n import set_language

from frontend.views import account_deletion, accounts, draw, drawing, history, pages, shared, two_factor, well_known

patterns = [
    path("", draw.draw, name="draw"),
    path("upload/", draw.upload, name="upload"),
    path("consent/", draw.consent, name="consent"),
    path("history/", history.history, name="history"),
    path("history/delete/", history.delete_all, name="delete_all"),
    path("history/export/", history.export, name="export"),
    path("drawings/<uuid:drawing_id>/", drawing.drawing, name="drawing"),
    path("drawings/<uuid:drawing_id>/label/", drawing.label, name="label"),
    path("drawings/<uuid:drawing_id>/withdraw/", drawing.withdraw, name="withdraw"),
    path("drawings/<uuid:drawing_id>/consent/", drawing.consent, name="drawing_consent"),
    path("drawings/<uuid:drawing_id>/delete/", drawing.delete, name="delete"),
    path("drawings/<uuid:drawing_id>/reread/", drawing.reread, name="reread"),
    path("drawings/<uuid:drawing_id>/share/", drawing.share, name="share"),
    path("drawings/<uuid:drawing_id>/unshare/", drawing.unshare, name="unshare"),
    path("shared/<slug:token>/", shared.shared, name="shared"),
    path("shared/<slug:token>/picture/", shared.picture, name="shared_picture"),
    path("privacy/", pages.privacy, name="privacy"),
    path("about/", pages.about, name="about"),
    path("language/", set_language, name="language"),
]

urlpatterns = [
    path("", include((patterns, "frontend"))),
    path("accounts/login/", accounts.SignIn.as_view(), name="login"),
    path("accounts/code/", two_factor.EnterCode.as_view(), name="code"),
    path("accounts/two-factor/", two_factor.set_up, name="two_factor"),
    path("accounts/signup/", accounts.SignUp.as_view(), name="signup"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", accounts.ChangePassword.as_view(), name="password_change"),
    path("accounts/delete/", account_deletion.delete_account, name="delete_account"),
    path("robots.txt", well_known.robots),
    path(".well-known/security.txt", well_known.security),
]
