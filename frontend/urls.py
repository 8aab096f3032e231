"""Where the pages lie: the site's own are `frontend:…`, the accounts' have the names that Django expects."""

from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.i18n import set_language

from frontend import accounts, drawing_forms, history, sharing, views

pages = [
    path("", views.draw, name="draw"),
    path("upload/", drawing_forms.upload, name="upload"),
    path("consent/", drawing_forms.may_learn, name="may_learn"),
    path("history/", history.history, name="history"),
    path("history/delete/", history.delete_all, name="delete_all"),
    path("history/export/", history.export, name="export"),
    path("drawings/<uuid:drawing_id>/", views.drawing, name="drawing"),
    path("drawings/<uuid:drawing_id>/label/", views.label, name="label"),
    path("drawings/<uuid:drawing_id>/withdraw/", views.withdraw, name="withdraw"),
    path("drawings/<uuid:drawing_id>/consent/", views.consent, name="consent"),
    path("drawings/<uuid:drawing_id>/delete/", views.delete, name="delete"),
    path("drawings/<uuid:drawing_id>/reread/", views.reread, name="reread"),
    path("drawings/<uuid:drawing_id>/share/", sharing.share, name="share"),
    path("drawings/<uuid:drawing_id>/unshare/", sharing.unshare, name="unshare"),
    path("shared/<slug:token>/", sharing.shared, name="shared"),
    path("shared/<slug:token>/picture/", sharing.picture, name="shared_picture"),
    path("privacy/", views.privacy, name="privacy"),
    path("about/", views.about, name="about"),
    path("language/", set_language, name="language"),
]

urlpatterns = [
    path("", include((pages, "frontend"))),
    path("accounts/login/", accounts.SignIn.as_view(), name="login"),
    path("accounts/signup/", accounts.SignUp.as_view(), name="signup"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", accounts.ChangePassword.as_view(), name="password_change"),
]
