from django.apps import AppConfig


class PredictorConfig(AppConfig):
    name = "predictor"
    verbose_name = "Digitsite"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from predictor import checks, guards, visitors  # noqa: F401  (two register themselves)

        pre_migrate.connect(guards.take_away, sender=self)
        post_migrate.connect(guards.put_up, sender=self)
