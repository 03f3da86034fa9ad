"""What the deployed app finds around it on the local cloud, and the commands that show it."""

import io
import json
import subprocess
import uuid
from argparse import Namespace
from decimal import Decimal

import boto3
import pytest
import urllib3
from rich.console import Console

from local import __main__ as commands
from local.api import progress_url, public_api
from local.cloud import ACCOUNT, REGION, Cloud, LocalError
from local.mailbox import AUDIENCES, letters, print_notifications, print_told
from local.receiver import Receiver
from local.surroundings import (
    API_URL_PARAMETER,
    PRACTICES,
    PROFILES,
    PROGRESS_URL_PARAMETER,
    VENDOR_SECRET,
    VENDOR_URL_PARAMETER,
    surround,
    vendor_url,
)
from tests.local.conftest import Lab
from tests.support.waiting import eventually

KEYS = (VENDOR_SECRET, "webhooks-local")

pytestmark = pytest.mark.xdist_group("local_cloud")


def publish(cloud: Cloud, audience: str, subject: str) -> str:
    """Publish a notification as the app does; the session it is about."""
    session_id = f"mail-{uuid.uuid4().hex}"
    attributes = {"recipient": "ann", "workflow": "order", "sessionId": session_id}
    boto3.client("sns", **cloud.connection()).publish(
        TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{audience}-local",
        Subject=subject,
        Message="Please [look].",
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )
    return session_id


def of_session(cloud: Cloud, session_id: str) -> list[tuple[str, str, str]]:
    return [
        (letter.audience, letter.recipient, letter.subject)
        for letter in letters(cloud)
        if letter.session_id == session_id
    ]


def test_links_lead_to_the_api_on_this_machine(deployed_cloud: Cloud) -> None:
    ssm = boto3.client("ssm", **deployed_cloud.connection())
    url = ssm.get_parameter(Name=API_URL_PARAMETER)["Parameter"]["Value"]

    assert url == public_api(deployed_cloud).url
    assert urllib3.request("GET", f"{url}/openapi.json").status == 200


def test_programs_that_watch_connect_to_this_machine(deployed_cloud: Cloud) -> None:
    ssm = boto3.client("ssm", **deployed_cloud.connection())
    url = ssm.get_parameter(Name=PROGRESS_URL_PARAMETER)["Parameter"]["Value"]

    assert url == progress_url(deployed_cloud)
    assert url.startswith(f"ws://localhost:{deployed_cloud.port}/")


def test_the_api_wants_the_key_that_is_shown(deployed_cloud: Cloud) -> None:
    api = public_api(deployed_cloud)

    without, with_key = (
        urllib3.request("GET", f"{api.url}/sessions?workflow=order", headers=headers).status
        for headers in ({}, {"x-api-key": api.key})
    )

    assert (without, with_key) == (403, 200)


def test_a_cloud_without_the_app_has_no_api(plain: Lab) -> None:
    for address in (public_api, progress_url):
        with pytest.raises(LocalError, match="make up"):
            address(plain.cloud)


def test_the_mailbox_takes_each_notification_once_and_looking_leaves_it_there(deployed_cloud: Cloud) -> None:
    surround(deployed_cloud)
    for audience in AUDIENCES:
        session_id = publish(deployed_cloud, audience, "Your order is confirmed")
        eventually(lambda session_id=session_id: bool(of_session(deployed_cloud, session_id)))  # type: ignore[misc]

        for _ in range(2):
            assert of_session(deployed_cloud, session_id) == [(audience, "ann", "Your order is confirmed")]


def test_those_who_were_told_of_a_session_are_listed_and_nobody_else(deployed_cloud: Cloud) -> None:
    session_id, _ = publish(deployed_cloud, "members", "[Your] trip"), publish(deployed_cloud, "members", "Another")
    eventually(lambda: bool(of_session(deployed_cloud, session_id)))
    console = Console(file=io.StringIO(), width=200)

    print_told(deployed_cloud, session_id, console)
    print_told(deployed_cloud, "nobody-was-told", console)

    assert isinstance(console.file, io.StringIO)
    lines = [line.split() for line in console.file.getvalue().splitlines()]
    assert lines == [[], ["Told", "What"], ["ann", "[Your]", "trip", "Please", "[look]."]]


def test_notifications_are_printed_with_the_newest_last(deployed_cloud: Cloud) -> None:
    for audience, subject in (("approvers", "First"), ("customers", "Second")):
        session_id = publish(deployed_cloud, audience, subject)
        eventually(lambda session_id=session_id: bool(of_session(deployed_cloud, session_id)))  # type: ignore[misc]
    console = Console(file=io.StringIO(), width=200)

    print_notifications(deployed_cloud, console)

    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    second = lines.index("Second")
    assert lines.index("First") < second
    assert f"to ann (customers), session {session_id}" in lines[second + 1]
    assert lines[second + 2] == "Please [look]."


def test_what_was_sold_stays_sold_when_the_shelves_are_filled_again(deployed_cloud: Cloud) -> None:
    dynamodb = boto3.client("dynamodb", **deployed_cloud.connection())
    key = {"productId": {"S": "prod-002"}}
    dynamodb.update_item(
        TableName="inventory-local",
        Key=key,
        UpdateExpression="ADD available :sold",
        ExpressionAttributeValues={":sold": {"N": "-1"}},
    )
    left = dynamodb.get_item(TableName="inventory-local", Key=key)["Item"]

    surround(deployed_cloud)

    assert dynamodb.get_item(TableName="inventory-local", Key=key)["Item"] == left


def test_the_people_of_the_sample_are_there_and_who_was_changed_stays_so(deployed_cloud: Cloud) -> None:
    profiles = boto3.resource("dynamodb", **deployed_cloud.connection()).Table("profiles-local")
    changed = {**json.loads(PROFILES.read_text())[0], "disciplines": ["race"]}
    profiles.put_item(Item=changed)

    surround(deployed_cloud)

    assert profiles.get_item(Key={"place": changed["place"], "userId": changed["userId"]})["Item"] == changed
    assert profiles.scan(Select="COUNT")["Count"] == len(json.loads(PROFILES.read_text()))


def test_the_practices_of_the_sample_are_there(deployed_cloud: Cloud) -> None:
    practices = boto3.resource("dynamodb", **deployed_cloud.connection()).Table("practices-local")

    for row in json.loads(PRACTICES.read_text(), parse_float=Decimal):
        key = {name: row[name] for name in ("userId", "practiceId")}
        assert practices.get_item(Key=key)["Item"] == row


def ask_vendor(cloud: Cloud, key: str, callback_url: str) -> int:
    """Ask the vendor where the app finds it; what it answers at once."""
    ssm = boto3.client("ssm", **cloud.connection())
    url = ssm.get_parameter(Name=VENDOR_URL_PARAMETER)["Parameter"]["Value"]
    request = {"requestId": uuid.uuid4().hex, "callbackUrl": callback_url, "candidates": []}
    urllib3.request("PUT", f"{url}/requests/{request['requestId']}", json={"afterSeconds": 0})
    return urllib3.request("POST", f"{url}/reviews", json=request, headers={"Authorization": f"Bearer {key}"}).status


def test_the_vendor_takes_the_apps_key_and_signs_with_the_apps_secret(deployed_cloud: Cloud) -> None:
    secrets = boto3.client("secretsmanager", **deployed_cloud.connection())
    key, signed_with = (secrets.get_secret_value(SecretId=name)["SecretString"] for name in KEYS)

    with Receiver(signed_with) as receiver:
        assert ask_vendor(deployed_cloud, key, receiver.url) == 202
        assert receiver.wait()

    assert receiver.received[0].body == {"reviews": []}


def test_the_vendor_refuses_another_key(deployed_cloud: Cloud) -> None:
    assert ask_vendor(deployed_cloud, "another", "http://localhost/none") == 401


def test_a_path_that_is_nearly_the_vendors_is_the_clouds(closed: Lab) -> None:
    near = urllib3.request("GET", f"{vendor_url(closed.cloud)}s/requests/1")

    assert "x-amz-request-id" in near.headers


def test_env_has_the_api_and_the_vendor_once_the_app_is_deployed(
    deployed_cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    api = public_api(deployed_cloud)
    commands.env(deployed_cloud, Namespace())

    lines = capsys.readouterr().out
    shell = subprocess.run(
        ["sh", "-c", f"{lines}\necho $API_URL $API_IAM_URL $API_KEY $VENDOR_URL"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert shell.stdout.split() == [api.url, api.iam_url, api.key, vendor_url(deployed_cloud)]
