"""The pages: templates, a stylesheet and browser modules, over the predictor's domain and HTTP API."""
