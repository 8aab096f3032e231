"""`GET /api/v1/schema/` and `docs/`: what is written of the API is what the API does."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from predictor.api.urls import urlpatterns
from tests.predictor.people import API, DRAWINGS, Person, error_of, new_id
from tests.predictor.pictures import drawn


@pytest.fixture
def schema(client: Client, db: Any) -> dict[str, Any]:
    answer = client.get(f"{API}schema/")
    assert answer.status_code == 200
    found: dict[str, Any] = yaml.safe_load(answer.content)
    return found


def test_it_is_valid_openapi_without_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    assert out.getvalue().startswith("openapi: 3.")
    assert capsys.readouterr().err == ""


def test_every_address_of_the_api_is_in_it(schema: dict[str, Any]) -> None:
    known = {f"{API}{pattern.pattern}".replace("<uuid:", "{").replace(">", "}") for pattern in urlpatterns}
    assert set(schema["paths"]) == known - {f"{API}schema/", f"{API}docs/"}


def test_every_call_says_what_it_does(schema: dict[str, Any]) -> None:
    for path, methods in schema["paths"].items():
        for method, call in methods.items():
            assert call.get("summary"), (method, path)


def test_nobody_needs_a_cookie_but_for_what_is_kept_under_it(schema: dict[str, Any]) -> None:
    calls = [(path, method, call) for path, methods in schema["paths"].items() for method, call in methods.items()]
    needy = [(path, method) for path, method, call in calls if {} not in call["security"]]
    assert needy == [(f"{API}consent/", "put")]


def test_a_form_has_the_picture_as_a_file_and_json_as_a_data_url(schema: dict[str, Any]) -> None:
    sent = schema["paths"][DRAWINGS]["post"]["requestBody"]["content"]
    forms = {kind: _resolved(body["schema"], schema)["properties"]["image"]["format"] for kind, body in sent.items()}
    assert forms == {"application/json": "data-url", "multipart/form-data": "binary"}


Sent = list[tuple[str, str, Any]]


@pytest.fixture
def answers(request: Any) -> Callable[[], Sent]:
    """Every call of the API once, and once gone wrong."""

    def ask() -> Sent:
        request.getfixturevalue("worker")
        person, outsider = Person(), Person()
        mine = new_id()
        one, other = f"{DRAWINGS}{{drawing_id}}/", DRAWINGS
        strokes = {"width": 300, "height": 300, "strokes": [{"points": [[1, 2], [3, 4, 16, 0.5]]}]}
        drawn_with = person.send_json(strokes=strokes).json()["id"]
        return [
            ("post", other, person.send()),
            ("post", other, person.send(box="[10, 10, 250, 250]")),
            ("post", other, person.send(box="[900, 900, 5, 5]")),
            ("post", other, person.send(b"no picture")),
            ("post", other, person.send(mode="letters")),
            ("get", other, person.client.get(DRAWINGS)),
            ("get", other, person.client.get(DRAWINGS, {"from": "never"})),
            ("put", one, person.put(mine, 1)),
            ("put", one, person.put(mine, 2, drawn("1"))),
            ("put", one, person.put(mine, 1)),
            ("put", one, outsider.put(mine, 3)),
            ("post", f"{one}label/", person.say(mine, "7")),
            ("post", f"{one}label/", person.say(mine, "x")),
            ("post", f"{one}label/", outsider.say(mine, "7")),
            ("get", one, person.get(mine)),
            ("get", one, outsider.get(mine)),
            ("get", f"{one}image/", outsider.get(mine, "image/")),
            ("get", f"{one}strokes/", person.get(drawn_with, "strokes/")),
            ("get", f"{one}strokes/", outsider.get(drawn_with, "strokes/")),
            ("get", f"{one}explanation/", person.get(mine, "explanation/")),
            ("get", f"{one}explanation/", outsider.get(mine, "explanation/")),
            ("delete", f"{one}label/", person.take_back(mine)),
            ("delete", f"{one}label/", person.take_back(mine)),
            ("post", f"{API}glances/", person.glance()),
            ("post", f"{API}glances/", person.glance(b"no picture")),
            ("get", f"{API}consent/", person.client.get(f"{API}consent/")),
            ("put", f"{API}consent/", person.consents(True)),
            ("put", f"{API}consent/", person.consents("perhaps")),
            ("get", f"{API}models/", person.client.get(f"{API}models/")),
            ("get", f"{API}models/champion/", person.client.get(f"{API}models/champion/")),
        ]

    return ask


def test_every_answer_is_as_it_says(schema: dict[str, Any], answers: Callable[[], Sent]) -> None:
    for method, path, answer in answers():
        documented = schema["paths"][path][method]["responses"]
        assert str(answer.status_code) in documented, (method, path, answer.status_code)
        content = documented[str(answer.status_code)]["content"]["application/json"]["schema"]
        wrong = list(_differences(answer.json(), content, schema))
        assert not wrong, (method, path, answer.status_code, wrong)


def _differences(value: Any, said: dict[str, Any], schema: dict[str, Any], at: str = "") -> Iterator[str]:
    """Where a value isn't what its schema says, or says more."""
    said = _resolved(said, schema)
    if value is None:
        if not said.get("nullable") and None not in said.get("enum", ()):
            yield f"{at} is null"
        return
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool}
    if not isinstance(value, kinds[said["type"]]):
        yield f"{at} is {value!r}, not {said['type']}"
    elif "enum" in said and value not in said["enum"]:
        yield f"{at} is {value!r}, not one of {said['enum']}"
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _differences(each, said["items"], schema, f"{at}[{index}]")
    elif isinstance(value, dict) and "properties" in said:
        for name in set(said["properties"]) & set(value):
            yield from _differences(value[name], said["properties"][name], schema, f"{at}.{name}")
        for name in set(said["required"]) - set(value):
            yield f"{at}.{name} is missing"
        for name in set(value) - set(said["properties"]):
            yield f"{at}.{name} is not in the schema"


def _resolved(said: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    merged = dict(said)
    for part in said.get("allOf", said.get("oneOf", [])):
        merged = {**_resolved(part, schema), **merged}
    if "$ref" in said:
        merged = {**_resolved(schema["components"]["schemas"][said["$ref"].rpartition("/")[2]], schema), **merged}
    return merged


def test_the_documentation_loads_nothing_from_elsewhere(client: Client, db: Any) -> None:
    page = client.get(f"{API}docs/")
    assert page.status_code == 200
    assert page["Content-Type"].startswith("text/html")
    text = page.content.decode()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', text)
    assert len(loaded) >= 4
    for address in loaded:
        assert re.match(r"/[^/]", address), address
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/").partition("?")[0]), address
        else:
            assert client.get(address).status_code == 200, address
    for name in ("default-src", "script-src"):
        policy = re.findall(rf"{name} ([^;]+)", page["Content-Security-Policy"])
        assert policy in ([], ["'self'"])


def test_its_script_asks_for_our_schema(client: Client, db: Any) -> None:
    text = client.get(f"{API}docs/").content.decode()
    [script] = [address for address in re.findall(r'src="([^"]+)"', text) if not address.startswith("/static/")]
    answer = client.get(script.replace("&amp;", "&"))
    assert "javascript" in answer["Content-Type"]
    assert f"{API}schema/" in answer.content.decode()
    assert "://" not in answer.content.decode()


def test_the_documentation_is_refused_in_the_one_shape(db: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.get("/")
    for method in ("OPTIONS", "DELETE"):
        answer = browser.generic(method, f"{API}docs/")
        assert (answer.status_code, error_of(answer)["code"]) == (405, "method_not_allowed")
