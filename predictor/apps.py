from django.apps import AppConfig


class PredictorConfig(AppConfig):
    name = "predictor"
    verbose_name = "Digitsite"

    def ready(self) -> None:
        from predictor import checks, visitors  # noqa: F401  (they register themselves)
