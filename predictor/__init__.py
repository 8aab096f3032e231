"""The Django app with the site's domain: drawings, readings, labels, datasets, trainings and versions."""
