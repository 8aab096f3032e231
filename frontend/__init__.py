"""The pages: templates, a stylesheet and JavaScript modules over the predictor's domain and HTTP API."""
