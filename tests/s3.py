"""An S3 server of the tests' own, on a free port of the loopback address."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import requests
from moto.server import ThreadedMotoServer

BUCKET = "digits"
KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


class S3Server:
    """A server with one empty bucket."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.environment = {**KEYS, "AWS_ENDPOINT_URL": self.url}
        keys = dict(zip(("aws_access_key_id", "aws_secret_access_key", "region_name"), KEYS.values(), strict=True))
        self.client = boto3.client("s3", endpoint_url=self.url, **keys)
        self.empty()

    def empty(self) -> None:
        """As it was at first."""
        requests.post(f"{self.url}/moto-api/reset", timeout=60)
        self.client.create_bucket(Bucket=BUCKET)

    def names(self) -> list[str]:
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def content(self, name: str) -> bytes:
        return bytes(self.client.get_object(Bucket=BUCKET, Key=name)["Body"].read())

    def put(self, name: str, content: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=name, Body=content)

    def delete(self, name: str) -> None:
        self.client.delete_object(Bucket=BUCKET, Key=name)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """The server knows no keys."""
        requests.post(f"{self.url}/moto-api/reset-auth", data=b"0", timeout=60)
        try:
            yield
        finally:
            requests.post(f"{self.url}/moto-api/reset-auth", data=b"inf", timeout=60)

    def stop(self) -> None:
        self.client.close()
        self._server.stop()
