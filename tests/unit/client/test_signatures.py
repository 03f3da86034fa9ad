"""Signatures, checked by the server as AWS does: recomputed over what arrived."""

import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from durable_workflows import NotAllowed, NotConfigured, WorkflowSettings, auth
from tests.unit.client.api import CLOSE, RECORD, STARTED, Api, Reply, Sent
from tests.unit.client.conftest import Make

pytestmark = pytest.mark.usefixtures("credentials")

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<scope>\S+), SignedHeaders=(?P<names>\S+), Signature=(?P<signature>[0-9a-f]{64})"
)


def signature_of(sent: Sent) -> dict[str, str]:
    """The parts of the Authorization header."""
    found = _AUTHORIZATION.fullmatch(sent.headers["Authorization"])
    assert found is not None
    return found.groupdict()


def expected(sent: Sent, service: str, secret: str = "wJalrXUtnFEMI") -> str:
    """The signature that who knows the secret computes: the query from its decoded names and values."""
    headers = {name.lower(): value for name, value in sent.headers.items()}
    signed = {name: headers[name] for name in signature_of(sent)["names"].split(";")}
    parts = urlsplit(f"http://{headers['host']}{sent.target}")
    query = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)  # to AWS a + is a plus
    url = parts._replace(query="").geturl()
    request = AWSRequest(sent.method, url, headers=signed, data=sent.body, params=dict(query))
    request.context["timestamp"] = headers["x-amz-date"]
    del request.headers["X-Amz-Content-SHA256"]  # computed anew, from the body that arrived
    signer = SigV4Auth(Credentials("AKIDEXAMPLE", secret), service, "us-east-1")
    body_hash = signer.payload(request)
    assert body_hash == headers["x-amz-content-sha256"]
    request.headers["X-Amz-Content-SHA256"] = body_hash
    return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any]] = [
    ("get", ("a/b c",), {}, RECORD),
    ("start", ("order", {"note": "Grüße"}), {}, STARTED),
    ("list", (), {"owner": "Ann + Bob & Co/ü=~*", "cursor": "a-_", "limit": 5}, {"records": []}),
    ("cancel", ("s-1",), {}, {"sessionId": "s-1", "status": "cancelled"}),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "answer"), CALLS, ids=[call[0] for call in CALLS])
def test_what_arrives_is_what_was_signed(
    make: Make, api: Api, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any
) -> None:
    api.answers(answer)
    getattr(make(WorkflowSettings(url=api.url, auth_mode="iam_sigv4")), name)(*args, **kwargs)
    (sent,) = api.requests
    signature = signature_of(sent)
    assert signature["signature"] == expected(sent, "execute-api")
    assert signature["signature"] != expected(sent, "execute-api", "another secret")
    assert signature["scope"].split("/")[2:] == ["us-east-1", "execute-api", "aws4_request"]
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(signature["names"].split(";"))
    assert sent.headers["X-Amz-Security-Token"] == "session-token"
    assert "x-api-key" not in sent.headers


@pytest.mark.parametrize("host", ["abc.lambda-url.us-east-1.on.aws", "abc.lambda-url.us-east-1.localhost"])
def test_a_function_url_s_requests_are_signed_for_lambda(
    make: Make, api: Api, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    resolve = socket.getaddrinfo

    def here(name: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve("127.0.0.1" if name in (host, host.encode()) else name, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    api.answers(STARTED)
    url = f"http://{host}:{api.server_port}"
    make(WorkflowSettings(url=url, auth_mode="iam_sigv4")).start("order", {})
    (sent,) = api.requests
    assert sent.headers["Host"] == f"{host}:{api.server_port}"
    assert "/lambda/" in signature_of(sent)["scope"]
    assert signature_of(sent)["signature"] == expected(sent, "lambda")


def test_every_try_is_signed_with_the_credentials_of_that_moment(
    make: Make, api: Api, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["first", "second"])

    class Refreshed(Credentials):
        def get_frozen_credentials(self) -> Any:
            return Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI", next(tokens)).get_frozen_credentials()

    monkeypatch.setattr(auth, "_credentials", lambda: Refreshed("AKIDEXAMPLE", "wJalrXUtnFEMI"))
    api.replies(CLOSE, Reply(200, RECORD))
    make(WorkflowSettings(url=api.url, auth_mode="iam_sigv4")).get("s-1")
    assert [sent.headers["X-Amz-Security-Token"] for sent in api.requests] == ["first", "second"]


def test_a_refused_signature_says_what_to_check_and_no_secret(make: Make, api: Api) -> None:
    client = make(WorkflowSettings(url=api.url, auth_mode="iam_sigv4"))
    api.answers({"message": "The request signature we calculated does not match."}, 403)
    with pytest.raises(NotAllowed, match=r"region \(us-east-1\).*execute-api:Invoke.*docs/environment\.md") as caught:
        client.get("s-1")
    shown = f"{caught.value} {client.client.settings!r} {client.client._http.auth!r}"
    assert "wJalrXUtnFEMI" not in shown
    assert "session-token" not in shown


def test_no_credentials_or_half_of_them_are_found_when_a_client_is_made(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = WorkflowSettings(url="https://api.example.com", auth_mode="iam_sigv4")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NotConfigured, match=r"AWS credentials: Partial credentials found .* AWS_SECRET_ACCESS_KEY"):
        make(settings)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(NotConfigured, match="AWS credentials: there are none; set AWS_PROFILE"):
        make(settings)


@pytest.mark.parametrize("when", ["made", "used"])
def test_credentials_that_cannot_be_had_are_named_without_their_source_s_words(
    make: Make, api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, when: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()  # so soon that they must be refreshed before use
    first = {"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c", "Expiration": soon}
    (tmp_path / "once").write_text(json.dumps(first))
    (tmp_path / "process").write_text('cat "$1" && rm "$1" || { echo wJalrXUtnFEMI >&2; exit 1; }')
    if when == "made":
        (tmp_path / "once").unlink()
    command = f"sh {tmp_path}/process {tmp_path}/once"
    (tmp_path / "config").write_text(f"[profile p]\nregion = us-east-1\ncredential_process = {command}\n")
    monkeypatch.setenv("AWS_PROFILE", "p")
    api.answers(RECORD)
    with pytest.raises(NotConfigured, match=r"AWS credentials: cannot be had \(CredentialRetrievalError\)") as caught:
        make(WorkflowSettings(url=api.url, auth_mode="iam_sigv4")).get("s-1")
    assert "wJalrXUtnFEMI" not in str(caught.value)


def test_the_body_is_read_before_it_is_signed(api: Api) -> None:
    request = httpx.Request("POST", "http://localhost/x", content=iter([b"a", b"b"]))
    next(auth.SigV4("us-east-1").sync_auth_flow(request))
    assert request.headers["X-Amz-Content-SHA256"].startswith("fb8e20fc")  # SHA-256 of "ab"
