"""An S3 bucket as a Django storage whose failures say what to do. Imported only where a site uses one.

boto3 reads the address and the keys by itself: `AWS_ENDPOINT_URL`, `AWS_DEFAULT_REGION`, `AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, a profile or a machine's role.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore import exceptions
from botocore.config import Config
from django.core.files.base import File
from storages.backends.s3 import S3Storage

CONNECT_SECONDS = 3
READ_SECONDS = 20
ATTEMPTS = 2

_REFUSED = "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "401", "403"
_ELSEWHERE = "PermanentRedirect", "AuthorizationHeaderMalformed", "301"
_ANSWERS = {
    "NoSuchBucket": "doesn't exist: create the bucket, or correct DIGITSITE_STORAGE",
    **dict.fromkeys(_ELSEWHERE, "is in another region: set AWS_DEFAULT_REGION"),
    **dict.fromkeys(
        _REFUSED,
        "refuses the keys: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they may read and write there",
    ),
}
"""What an error code of S3 means for the operator."""


class Bucket(S3Storage):  # type: ignore[misc]  # it has no types
    """Raises FileNotFoundError for a file that isn't there, and OSError, in one sentence, for any other failure."""

    def get_default_settings(self) -> dict[str, Any]:
        limits = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        )
        return {**super().get_default_settings(), "file_overwrite": True, "client_config": limits}

    def place(self, name: str) -> str:
        """Where the file is, for people."""
        return "/".join(filter(None, (f"s3://{self.bucket_name}", self.location.strip("/"), name)))

    def exists(self, name: str) -> bool:
        with self._explained():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        with self._explained():
            return int(super().size(name))

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":  # noqa: ARG002
        # One request, and its answer tells a missing bucket from a missing file.
        with self._explained():
            content = self.bucket.Object(self._normalize_name(name)).get()["Body"].read()
        return File(io.BytesIO(content), name)

    def _save(self, name: str, content: Any) -> str:
        with self._explained():
            return str(super()._save(name, content))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            if bool(self.access_key) != bool(self.secret_key):
                raise exceptions.NoCredentialsError
            yield
        except exceptions.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code"))
            if code in {"NoSuchKey", "404"}:
                raise FileNotFoundError(str(error)) from error
            raise OSError(f"{self.place('')} {_ANSWERS.get(code, f'answers: {error}')}.") from error
        except (exceptions.BotoCoreError, ValueError) as error:
            raise OSError(f"{self.place('')} {self._advice(error)}") from error

    def _advice(self, error: Exception) -> str:
        if isinstance(error, exceptions.NoCredentialsError):
            return "needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
            return f"can't be reached: check AWS_ENDPOINT_URL and the network ({error})."
        return f"can't be used: check AWS_ENDPOINT_URL, AWS_DEFAULT_REGION and the keys ({error})."
