"""What stands around the views: middleware, probes, refusals."""
