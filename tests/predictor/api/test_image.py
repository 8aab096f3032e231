"""`GET /api/v1/drawings/{uuid}/image/`."""

import io

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from PIL import Image

from tests.predictor.people import Person, error_of, new_id
from tests.predictor.pictures import drawn, pixels, saved


def test_a_drawing_comes_back_without_loss(owner: Person) -> None:
    answer = owner.get(owner.draws("3").pk, "image/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    back = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert np.array_equal(np.asarray(back), pixels("3"))


def test_a_photo_comes_back_smaller(owner: Person) -> None:
    sent = owner.send(saved(Image.new("RGB", (3000, 2000), "#eeeeee"), "JPEG")).json()
    answer = owner.get(sent["id"], "image/")
    assert answer["Content-Type"] == "image/jpeg"
    back = Image.open(io.BytesIO(answer.content))
    assert max(back.size) <= 1280
    assert back.width / back.height == pytest.approx(1.5, abs=0.01)


def test_a_client_that_keeps_it_only_asks_whether_it_is_the_same(owner: Person) -> None:
    drawing = owner.draws()
    first = owner.get(drawing.pk, "image/")
    again = owner.client.get(f"/api/v1/drawings/{drawing.pk}/image/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]


def test_a_new_revision_is_a_new_picture(owner: Person) -> None:
    drawing_id = new_id()
    owner.put(drawing_id, 1, drawn("1"))
    before = owner.get(drawing_id, "image/")["ETag"]
    owner.put(drawing_id, 2, drawn("7"))
    answer = owner.client.get(f"/api/v1/drawings/{drawing_id}/image/", headers={"If-None-Match": before})
    assert answer.status_code == 200
    assert answer["ETag"] != before


@pytest.mark.parametrize("part", ["", "half", "BOX"])
def test_another_part_than_the_box_is_a_bad_value(owner: Person, part: str) -> None:
    answer = owner.get(owner.draws().pk, f"image/?part={part}")
    assert answer.status_code == 400
    assert list(error_of(answer)["fields"]) == ["part"]


def test_a_browser_does_not_guess_what_it_is(owner: Person) -> None:
    assert owner.get(owner.draws().pk, "image/")["X-Content-Type-Options"] == "nosniff"


def test_another_visitors_picture_is_not_found(owner: Person, outsider: Person) -> None:
    drawing = owner.draws()
    answer = outsider.get(drawing.pk, "image/")
    assert answer.status_code == 404
    assert error_of(answer) == error_of(outsider.get(new_id(), "image/"))
    etag = owner.get(drawing.pk, "image/")["ETag"]
    asked = outsider.client.get(f"/api/v1/drawings/{drawing.pk}/image/", headers={"If-None-Match": etag})
    assert asked.status_code == 404


def test_a_reviewer_sees_it_since_the_admin_shows_it(owner: Person, reviewer: User) -> None:
    assert Person(user=reviewer).get(owner.draws().pk, "image/").status_code == 200


def test_staff_who_may_not_see_drawings_do_not(owner: Person) -> None:
    drawing = owner.draws()
    clerk = User.objects.create_user("clerk", is_staff=True)
    assert Person(user=clerk).get(drawing.pk, "image/").status_code == 404
    clerk.user_permissions.add(Permission.objects.get(codename="view_drawing"))
    assert Person(user=clerk).get(drawing.pk, "image/").status_code == 200
    User.objects.filter(pk=clerk.pk).update(is_staff=False)
    assert Person(user=clerk).get(drawing.pk, "image/").status_code == 404
