"""Names of query's wire that a model forgot when its service moved to JSON.

Laid over botocore's model, shape by shape: `formName` is the name of a place in forms and XML,
which JSON does not know; `error` is what the query protocol, and the x-amzn-query-error header of
JSON, call an error; `enum` is emptied where the service checks for itself. Source: the service's
WSDL and the query examples of its API reference
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/).
"""

from typing import Any

_SQS_LISTS = {
    "AWSAccountIdList": "AWSAccountId",
    "ActionNameList": "ActionName",
    "AttributeNameList": "AttributeName",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "MessageAttributeNameList": "MessageAttributeName",
    "BatchResultErrorEntryList": "BatchResultErrorEntry",
    "ChangeMessageVisibilityBatchRequestEntryList": "ChangeMessageVisibilityBatchRequestEntry",
    "ChangeMessageVisibilityBatchResultEntryList": "ChangeMessageVisibilityBatchResultEntry",
    "DeleteMessageBatchRequestEntryList": "DeleteMessageBatchRequestEntry",
    "DeleteMessageBatchResultEntryList": "DeleteMessageBatchResultEntry",
    "SendMessageBatchRequestEntryList": "SendMessageBatchRequestEntry",
    "SendMessageBatchResultEntryList": "SendMessageBatchResultEntry",
    "ListMessageMoveTasksResultEntryList": "ListMessageMoveTasksResultEntry",
    "MessageList": "Message",
    "QueueUrlList": "QueueUrl",
    "TagKeyList": "TagKey",
    "StringList": "StringListValue",
    "BinaryList": "BinaryListValue",
}
# Shape: what its entries are called, and the names of an entry's key and value.
_SQS_MAPS = {
    "MessageBodyAttributeMap": ("MessageAttribute", "Name", "Value"),
    "MessageBodySystemAttributeMap": ("MessageSystemAttribute", "Name", "Value"),
    "MessageSystemAttributeMap": ("Attribute", "Name", "Value"),
    "QueueAttributeMap": ("Attribute", "Name", "Value"),
    "TagMap": ("Tag", "Key", "Value"),
}
_SQS_ERRORS = {
    "QueueDoesNotExist": ("AWS.SimpleQueueService.NonExistentQueue", 400),
    "QueueNameExists": ("QueueAlreadyExists", 400),
    "QueueDeletedRecently": ("AWS.SimpleQueueService.QueueDeletedRecently", 400),
    "PurgeQueueInProgress": ("AWS.SimpleQueueService.PurgeQueueInProgress", 403),
    "MessageNotInflight": ("AWS.SimpleQueueService.MessageNotInflight", 400),
    "TooManyEntriesInBatchRequest": (
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400,
    ),
    "EmptyBatchRequest": ("AWS.SimpleQueueService.EmptyBatchRequest", 400),
    "BatchEntryIdsNotDistinct": ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400),
    "BatchRequestTooLong": ("AWS.SimpleQueueService.BatchRequestTooLong", 400),
    "InvalidBatchEntryId": ("AWS.SimpleQueueService.InvalidBatchEntryId", 400),
    "UnsupportedOperation": ("AWS.SimpleQueueService.UnsupportedOperation", 400),
    "OverLimit": ("OverLimit", 403),
}  # fmt: skip

SHAPES: dict[str, dict[str, dict[str, Any]]] = {
    "sqs": {
        **{name: {"member": {"formName": item}} for name, item in _SQS_LISTS.items()},
        **{
            name: {"formName": entry, "key": {"formName": key}, "value": {"formName": value}}
            for name, (entry, key, value) in _SQS_MAPS.items()
        },
        # SQS has a word of its own for an attribute that it does not know.
        **{name: {"enum": []} for name in ("QueueAttributeName", "MessageSystemAttributeName")},
        **{
            name: {"error": {"code": code, "httpStatusCode": status}}
            for name, (code, status) in _SQS_ERRORS.items()
        },
    }
}
NAMESPACES = {"sqs": "http://queue.amazonaws.com/doc/2012-11-05/"}
