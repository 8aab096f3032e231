"""What the site knows and does: drawings, readings, labels, datasets, trainings, versions."""
