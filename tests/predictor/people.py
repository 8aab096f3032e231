"""Those who use the API in the tests: each with cookies of their own, through the door that programs and pages take."""

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from predictor.models import Drawing, Owner
from tests.predictor.pictures import data_url, drawn

API = "/api/v1/"
DRAWINGS = f"{API}drawings/"


class Person:
    """Sends drawings and asks for them. `client` is Django's, for everything else."""

    def __init__(self, client: Client | None = None, *, user: User | None = None) -> None:
        self.client = client or Client()
        if user:
            self.client.force_login(user)
        self.client.get(f"{API}models/")  # the first answer sets the visitor's cookie

    def send(self, picture: bytes | None = None, *, name: str = "drawing.png", **values: Any) -> HttpResponse:
        """POSTs a drawing as a form with a file: a 7 unless told otherwise."""
        file = SimpleUploadedFile(name, drawn("7") if picture is None else picture)
        return self.client.post(DRAWINGS, {"image": file, **values})

    def send_json(self, **values: Any) -> HttpResponse:
        values.setdefault("image", data_url(drawn("7")))
        return self.client.post(DRAWINGS, values, content_type="application/json")

    def put(self, drawing_id: Any, revision: int, picture: bytes | None = None, **values: Any) -> HttpResponse:
        image = data_url(drawn("7") if picture is None else picture)
        body = {"revision": revision, "image": image, **values}
        return self.client.put(f"{DRAWINGS}{drawing_id}/", body, content_type="application/json")

    def glance(self, picture: bytes | None = None, **values: Any) -> HttpResponse:
        """Has a picture read that isn't kept."""
        file = SimpleUploadedFile("drawing.png", drawn("7") if picture is None else picture)
        return self.client.post(f"{API}glances/", {"image": file, **values})

    def get(self, drawing_id: Any, what: str = "") -> HttpResponse:
        return self.client.get(f"{DRAWINGS}{drawing_id}/{what}")

    def history(self, **filters: Any) -> list[dict[str, Any]]:
        answer = self.client.get(DRAWINGS, filters)
        assert answer.status_code == 200, answer.content
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def delete(self, drawing_id: Any) -> HttpResponse:
        return self.client.delete(f"{DRAWINGS}{drawing_id}/")

    def say(self, drawing_id: Any, text: Any) -> HttpResponse:
        return self.client.post(f"{DRAWINGS}{drawing_id}/label/", {"text": text}, content_type="application/json")

    def take_back(self, drawing_id: Any) -> HttpResponse:
        return self.client.delete(f"{DRAWINGS}{drawing_id}/label/")

    def consents(self, may: Any) -> HttpResponse:
        """Answers the question whether the site may learn from their drawings."""
        return self.client.put(f"{API}consent/", {"consent": may}, content_type="application/json")

    def draws(self, text: str = "7", **values: Any) -> Drawing:
        """A stored drawing of theirs."""
        answer = self.send(drawn(text), **values)
        assert answer.status_code in {201, 202}, answer.content
        return Drawing.objects.select_related("owner").get(pk=answer.json()["id"])

    def as_owner(self) -> Owner:
        """Whom their drawings are stored under, made by sending one where there is none."""
        return self.draws().owner


def new_id() -> uuid.UUID:
    return uuid.uuid4()


def error_of(answer: HttpResponse) -> dict[str, Any]:
    """What the answer says went wrong; checks that it has the one error shape."""
    body = answer.json()
    assert set(body) == {"error"}, body
    error: dict[str, Any] = body["error"]
    assert {"code", "message"} <= set(error) <= {"code", "message", "fields"}, error
    assert isinstance(error["code"], str)
    assert error["code"]
    assert isinstance(error["message"], str)
    assert error["message"]
    assert answer["Content-Type"] == "application/json"
    return error
