from django.apps import AppConfig


class PredictorConfig(AppConfig):
    name = "predictor"
    verbose_name = "Digitsite"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from predictor import checks, sign_in  # noqa: F401  (register themselves, and connect signal handlers)
        from predictor.drawings import visitors  # noqa: F401  (connects its signal handlers)
        from predictor.models import triggers

        pre_migrate.connect(triggers.drop, sender=self)
        post_migrate.connect(triggers.create, sender=self)
