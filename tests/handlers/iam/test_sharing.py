"""Queues, functions, layers and buses that accounts share."""

import json

from tests.fixtures.server import Cloud
from tests.handlers.iam.acting import allow, as_user, deny, document, refusal
from tests.handlers.iam.sharing import invoked, root, to, user_arn, zipped


def test_queues_across_accounts(cloud: Cloud, other_cloud: Cloud) -> None:
    sqs, theirs = cloud.client("sqs"), other_cloud.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account.number}:orders"
    send = {"QueueUrl": url, "MessageBody": "one"}
    absent = "AWS.SimpleQueueService.NonExistentQueue"
    assert refusal(theirs.send_message, **send)[0] == absent
    policy = document(to(allow("SQS:SendMessage", arn), other_cloud.account.number))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    theirs.send_message(**send)
    theirs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "two"}])
    code, message = refusal(theirs.receive_message, QueueUrl=url)
    assert code == "AccessDeniedException"
    assert "because no resource-based policy allows the sqs:ReceiveMessage action" in message
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {one["Body"] for one in got} == {"one", "two"}
    # what AWS lets nobody else do, no policy gives
    policy = document(to(allow("SQS:*", arn), root(other_cloud)))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    assert refusal(theirs.delete_queue, QueueUrl=url)[0] == absent
    asked = {"QueueName": "orders", "QueueOwnerAWSAccountId": cloud.account.number}
    assert theirs.get_queue_url(**asked)["QueueUrl"] == url
    ada = as_user(cloud, "ada", allow("sqs:SendMessage"))
    ada.client("sqs").send_message(**send)
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": document(to(deny("SQS:SendMessage", arn), "*"))}
    )
    for one in (cloud, ada, other_cloud):
        assert "explicit deny in a resource-based policy" in refusal(
            one.client("sqs").send_message, **send
        )[1]  # fmt: skip
    assert refusal(sqs.set_queue_attributes, QueueUrl=url, Attributes={"Policy": '{"a": 1}'}) == (
        "InvalidAttributeValue", "Invalid value for the parameter Policy.",
    )  # fmt: skip


def test_functions_across_accounts(cloud: Cloud, other_cloud: Cloud) -> None:
    mine, theirs = cloud.client("lambda"), other_cloud.client("lambda")
    arn = mine.create_function(
        FunctionName="fn", Runtime="python3.12", Handler="main.handler",
        Role=f"arn:aws:iam::{cloud.account.number}:role/FinOpsReadOnly",
        Code={"ZipFile": zipped()}, Publish=True,
    )["FunctionArn"].removesuffix(":1")  # fmt: skip
    assert refusal(theirs.invoke, FunctionName=arn)[0] == "AccessDeniedException"
    given = {"FunctionName": "fn", "StatementId": "s", "Action": "lambda:InvokeFunction"}
    mine.add_permission(**given, Principal=other_cloud.account.number)
    assert invoked(theirs, FunctionName=arn)["StatusCode"] == 200
    partial = f"{cloud.account.number}:function:fn"
    assert invoked(theirs, FunctionName=partial)["StatusCode"] == 200
    assert refusal(theirs.get_function, FunctionName=arn)[0] == "AccessDeniedException"
    # each version and alias has a policy of its own
    assert refusal(theirs.invoke, FunctionName=f"{arn}:1")[0] == "AccessDeniedException"
    mine.add_permission(**given, Principal=user_arn(other_cloud, "tester"), Qualifier="1")
    assert invoked(theirs, FunctionName=arn, Qualifier="1")["ExecutedVersion"] == "1"
    poor = as_user(other_cloud, "poor")
    assert refusal(poor.client("lambda").invoke, FunctionName=arn)[0] == "AccessDeniedException"
    # in the function's own account either side may allow
    ada = as_user(cloud, "ada")
    assert refusal(ada.client("lambda").invoke, FunctionName="fn")[0] == "AccessDeniedException"
    mine.add_permission(**given | {"StatementId": "ada"}, Principal=user_arn(cloud, "ada"))
    assert invoked(ada.client("lambda"), FunctionName="fn")["StatusCode"] == 200
    mine.remove_permission(FunctionName="fn", StatementId="s")
    assert refusal(theirs.invoke, FunctionName=arn)[0] == "AccessDeniedException"


def test_a_queues_permissions_by_label(cloud: Cloud, other_cloud: Cloud) -> None:
    sqs, theirs = cloud.client("sqs"), other_cloud.client("sqs")
    url = sqs.create_queue(QueueName="open")["QueueUrl"]
    number = other_cloud.account.number
    send = {"QueueUrl": url, "MessageBody": "hello"}
    assert refusal(theirs.send_message, **send)[0] != ""
    given = {"QueueUrl": url, "Label": "theirs"}
    sqs.add_permission(**given, AWSAccountIds=[number], Actions=["SendMessage"])
    theirs.send_message(**send)
    assert refusal(theirs.receive_message, QueueUrl=url)[0] != ""
    again = refusal(sqs.add_permission, **given, AWSAccountIds=[number], Actions=["*"])
    assert "Already exists" in again[1]
    owners = {"AWSAccountIds": [number], "Actions": ["DeleteQueue"]}
    code, message = refusal(sqs.add_permission, QueueUrl=url, Label="more", **owners)
    assert (code, "Only the queue owner" in message) == ("InvalidParameterValue", True)
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    [statement] = json.loads(attributes["Policy"])["Statement"]
    assert (statement["Sid"], statement["Action"]) == ("theirs", "SQS:SendMessage")
    sqs.remove_permission(**given)
    assert refusal(theirs.send_message, **send)[0] != ""
    assert "can't find label" in refusal(sqs.remove_permission, **given)[1]
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])


def test_events_for_a_bus_of_another_account(cloud: Cloud, other_cloud: Cloud) -> None:
    events, sqs, theirs = cloud.client("events"), cloud.client("sqs"), other_cloud.client("events")
    bus = events.create_event_bus(Name="shared")["EventBusArn"]
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    target = f"arn:aws:sqs:us-east-1:{cloud.account.number}:heard"
    events.put_rule(Name="all", EventBusName="shared", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="all", EventBusName="shared", Targets=[{"Id": "q", "Arn": target}])
    entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}", "EventBusName": bus}
    code, message = refusal(theirs.put_events, Entries=[entry])
    assert code == "AccessDeniedException"
    assert message.endswith("because no resource-based policy allows the events:PutEvents action")
    number = other_cloud.account.number
    events.put_permission(
        EventBusName="shared", StatementId="s", Action="events:PutEvents", Principal=number
    )
    assert theirs.put_events(Entries=[entry])["FailedEntryCount"] == 0
    [got] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert json.loads(got["Body"])["account"] == number
    # whoever may use one bus only is judged by the bus that each event is for
    ada = as_user(cloud, "ada", allow("events:PutEvents", bus)).client("events")
    assert ada.put_events(Entries=[entry | {"EventBusName": "shared"}])["FailedEntryCount"] == 0
    assert refusal(ada.put_events, Entries=[entry | {"EventBusName": "default"}])[0] == (
        "AccessDeniedException"
    )
    events.remove_permission(EventBusName="shared", StatementId="s")
    assert refusal(theirs.put_events, Entries=[entry])[0] == "AccessDeniedException"


def test_layers_across_accounts(cloud: Cloud, other_cloud: Cloud) -> None:
    functions, theirs = cloud.client("lambda"), other_cloud.client("lambda")
    code = {"ZipFile": zipped()}
    made = functions.publish_layer_version(LayerName="tools", Content=code)
    layer, version = made["LayerArn"], made["LayerVersionArn"]
    get = {"LayerName": layer, "VersionNumber": 1}
    assert refusal(theirs.get_layer_version, **get)[0] == "AccessDeniedException"
    functions.add_layer_version_permission(
        LayerName="tools", VersionNumber=1, StatementId="s", Action="lambda:GetLayerVersion",
        Principal=other_cloud.account.number,
    )  # fmt: skip
    assert theirs.get_layer_version(**get)["LayerVersionArn"] == version
    assert theirs.get_layer_version_by_arn(Arn=version)["Version"] == 1
    remove = refusal(theirs.delete_layer_version, **get)
    assert remove[0] == "AccessDeniedException"
    functions.delete_layer_version(LayerName="tools", VersionNumber=1)
    assert refusal(theirs.get_layer_version, **get)[0] == "AccessDeniedException"


def test_a_queues_policy_asks_for_its_tags(cloud: Cloud) -> None:
    ada = as_user(cloud, "ada")
    queue = cloud.client("sqs").create_queue(QueueName="q", tags={"env": "dev"})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account.number}:q"
    condition = {"StringEquals": {"aws:ResourceTag/env": "dev"}}
    policy = document(to(allow("sqs:SendMessage", arn, **condition), user_arn(cloud, "ada")))
    cloud.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    send = {"QueueUrl": queue, "MessageBody": "x"}
    assert refusal(ada.client("sqs").send_message, **send)[0] == ""
    cloud.client("sqs").tag_queue(QueueUrl=queue, Tags={"env": "prod"})
    assert refusal(ada.client("sqs").send_message, **send)[0] == "AccessDeniedException"
