"""The stage's bucket: private, over TLS only, told of by EventBridge, and rid of what nobody needs any more."""

from infra.grants import allow_files
from tests.infra.functions import function_of, grants_of, variables_of
from tests.infra.synth import Deployment, Json
from tests.infra.test_stages import stage_from

BUCKET = "AWS::S3::Bucket"


def bucket(deployment: Deployment) -> Json:
    [(stack, found)] = deployment.resources(BUCKET)
    assert stack == f"stateful-{deployment.stage}"
    return found


def test_a_stages_files_are_private_encrypted_and_told_of(deployment: Deployment) -> None:
    found = bucket(deployment)
    assert found["BucketName"] == f"files-{deployment.stage}-account-region"
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(found["PublicAccessBlockConfiguration"]) == 4
    [rule] = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert found["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_nobody_reaches_files_without_tls(deployment: Deployment) -> None:
    [(_, policy)] = deployment.resources("AWS::S3::BucketPolicy")
    [deny] = policy["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Action"], deny["Principal"]) == ("Deny", "s3:*", {"AWS": "*"})
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_what_sessions_need_goes_after_ninety_days_and_peoples_novels_stay(deployment: Deployment) -> None:
    rules = bucket(deployment)["LifecycleConfiguration"]["Rules"]
    assert all(rule["Status"] == "Enabled" for rule in rules)
    days = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert days == dict.fromkeys(("uploads/", "texts/", "work/", "storyboards/"), 90)
    [aborting] = [rule for rule in rules if "Prefix" not in rule]
    assert aborting["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_no_lambda_may_delete_a_file_or_see_more_than_names(deployment: Deployment) -> None:
    granted = {grant for role in deployment.roles() for grant in deployment.grants(role)}
    actions = {action for action, _ in granted if action.startswith("s3:")}
    assert actions == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}


def test_only_the_steps_that_hold_a_whole_text_have_more_memory(deployment: Deployment) -> None:
    memory = {
        name.removesuffix(f"-{deployment.stage}"): found["MemorySize"] for name, found in deployment.functions().items()
    }
    usual = min(memory.values())
    assert {name for name, size in memory.items() if size > usual} <= {
        "novel-analysis-load-novel",
        "novel-analysis-split-chapters",
    }
    assert memory["novel-analysis-load-novel"] >= 512


ARN = "arn:aws:s3:::files-dev-account-region"


def test_reading_is_granted_by_prefix_and_with_it_to_learn_that_a_file_is_missing() -> None:
    function = function_of(stage := stage_from(stage="dev"))
    allow_files(function, stage, read=("uploads/", "work/"))
    assert grants_of(function) == {
        ("s3:GetObject", f"{ARN}/uploads/*"),
        ("s3:GetObject", f"{ARN}/work/*"),
        ("s3:ListBucket", ARN),
    }
    assert variables_of(function) == {"FILES_BUCKET": "files-dev-account-region"}


def test_who_only_writes_may_neither_read_nor_list() -> None:
    function = function_of(stage := stage_from(stage="dev"))
    allow_files(function, stage, write=("texts/",))
    assert grants_of(function) == {("s3:PutObject", f"{ARN}/texts/*")}
