"""The pages: templates, a stylesheet and JavaScript modules on top of the predictor's domain and HTTP API."""
