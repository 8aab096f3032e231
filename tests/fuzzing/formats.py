"""What schemathesis sends where the schema says "a picture": it can't draw any."""

import schemathesis
from hypothesis import strategies as st

from tests.predictor.pictures import data_url, drawn

PICTURES = [drawn("7", side=60), drawn("1", side=40), drawn("42", side=50)]

schemathesis.openapi.format("data-url", st.sampled_from([data_url(picture) for picture in PICTURES]))
schemathesis.openapi.format("binary", st.sampled_from(PICTURES))
