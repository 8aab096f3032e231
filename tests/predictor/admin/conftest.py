"""What the admin's tests share."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def desk(reviewer: User) -> Client:
    """The browser of one who reviews, and may see everything."""
    client = Client()
    client.force_login(reviewer)
    return client
