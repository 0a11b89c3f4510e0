"""Managed policies of AWS: those that accounts commonly attach, with their documents.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/. They say what AWS's say of
the services that are served here; long lists of other services are left out.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

ACCOUNT = "aws"
_ROOT = "arn:aws:iam::aws:policy"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A policy that AWS owns. `version` is the number of its default version."""

    name: str
    path: str
    description: str
    document: str
    version: int
    created_at: datetime
    changed_at: datetime

    @property
    def arn(self) -> str:
        """Its ARN, the same in every account."""
        return f"{_ROOT}{self.path}{self.name}"

    @property
    def policy_id(self) -> str:
        """Its unique id."""
        digest = hashlib.blake2b(self.arn.encode(), digest_size=17).digest()
        return "ANPA" + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32] for byte in digest)


def _allow(actions: str, resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    listed = actions.split()
    return {
        "Effect": "Allow",
        "Action": listed[0] if len(listed) == 1 else listed,
        "Resource": resource,
        **more,
    }


def _all_of(prefixes: str, *verbs: str) -> str:
    return " ".join(f"{prefix}:{verb}" for prefix in prefixes.split() for verb in verbs)


_SERVICES = (
    "account application-autoscaling autoscaling backup bcm-data-exports billing budgets ce"
    " cloudformation cloudtrail cloudwatch compute-optimizer config cost-optimization-hub cur"
    " dlm dynamodb ec2 ecr ecs eks elasticache elasticloadbalancing es events freetier health"
    " kafka kinesis kms lambda logs organizations pi pricing rds resource-groups route53 s3"
    " sagemaker savingsplans servicequotas sns sqs ssm sts support tag trustedadvisor"
)
_READ_TOO = (
    "budgets:View* cloudtrail:LookupEvents cloudwatch:BatchGet* config:BatchGet*"
    " config:Select* ec2:SearchTransitGatewayRoutes iam:Generate* iam:Get* iam:List* iam:Simulate*"
    " logs:FilterLogEvents logs:StartQuery logs:StopQuery logs:TestMetricFilter backup:List*"
    " savingsplans:Describe* sagemaker:Search support:Search* resource-groups:Search* tag:Get*"
    " ecr:BatchGet* ecr:BatchCheck* dynamodb:BatchGet* dynamodb:Query dynamodb:Scan"
    " kinesis:SubscribeToShard events:TestEventPattern sqs:Receive* sts:DecodeAuthorizationMessage"
    " es:ESHttpGet es:ESHttpHead"
)
_READS = _all_of(_SERVICES, "Describe*", "Get*", "List*") + " " + _READ_TOO
_VIEWS = (
    _all_of(
        "autoscaling cloudwatch dlm ec2 elasticache elasticloadbalancing es events kafka logs rds"
        " sagemaker savingsplans ssm support",
        "Describe*",
    )
    + " "
    + _all_of(
        "autoscaling backup budgets cloudwatch dynamodb ecs eks es events iam kafka kinesis lambda"
        " logs organizations resource-groups route53 s3 sagemaker sns sqs ssm",
        "List*",
    )
    + " cloudwatch:Get* ecs:Describe* eks:Describe* cloudtrail:LookupEvents s3:GetBucketLocation"
)
_JOB = "/job-function/"
_SERVICE_ROLE = "/service-role/"

# name, path, description, default version, statements
_POLICIES: tuple[tuple[str, str, str, int, list[dict[str, Any]]], ...] = (
    ("AdministratorAccess", "/", "Provides full access to AWS services and resources.", 1,
     [_allow("*")]),
    ("PowerUserAccess", "/", "Provides full access to AWS services and resources, but does not "
     "allow management of Users and groups.", 6,
     [{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
      _allow("account:GetAccountInformation account:GetPrimaryEmail account:ListRegions "
             "iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles "
             "organizations:DescribeEffectivePolicy organizations:DescribeOrganization")]),
    ("ReadOnlyAccess", "/", "Provides read-only access to AWS services and resources.", 142,
     [_allow(_READS)]),
    ("IAMFullAccess", "/", "Provides full access to IAM.", 2,
     [_allow("iam:* organizations:DescribeAccount organizations:DescribeOrganization "
             "organizations:ListAccounts organizations:ListParents organizations:ListPolicies")]),
    ("IAMReadOnlyAccess", "/", "Provides read only access to IAM.", 4,
     [_allow("iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* "
             "iam:List* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy")]),
    ("IAMUserChangePassword", "/", "Provides the ability for an IAM user to change their own "
     "password.", 2,
     [_allow("iam:ChangePassword", ["arn:aws:iam::*:user/${aws:username}"]),
      _allow("iam:GetAccountPasswordPolicy")]),
    ("AmazonEC2FullAccess", "/", "Provides full access to Amazon EC2.", 5,
     [_allow("ec2:*"), _allow("elasticloadbalancing:*"), _allow("cloudwatch:*"),
      _allow("autoscaling:*"),
      _allow("iam:CreateServiceLinkedRole", Condition={"StringEquals": {"iam:AWSServiceName": [
          "autoscaling.amazonaws.com", "ec2scheduled.amazonaws.com",
          "elasticloadbalancing.amazonaws.com", "spot.amazonaws.com",
          "spotfleet.amazonaws.com", "transitgateway.amazonaws.com"]}})]),
    ("AmazonEC2ReadOnlyAccess", "/", "Provides read only access to Amazon EC2.", 2,
     [_allow("ec2:Describe* ec2:Get* ec2:SearchLocalGatewayRoutes "
             "ec2:SearchTransitGatewayRoutes"),
      _allow("elasticloadbalancing:Describe*"),
      _allow("cloudwatch:ListMetrics cloudwatch:GetMetricStatistics cloudwatch:Describe*"),
      _allow("autoscaling:Describe*")]),
    ("AmazonS3FullAccess", "/", "Provides full access to all buckets.", 2,
     [_allow("s3:* s3-object-lambda:*")]),
    ("AmazonS3ReadOnlyAccess", "/", "Provides read only access to all buckets.", 3,
     [_allow("s3:Get* s3:List* s3:Describe* s3-object-lambda:Get* s3-object-lambda:List*")]),
    ("AmazonRDSFullAccess", "/", "Provides full access to Amazon RDS.", 16,
     [_allow("rds:* application-autoscaling:DescribeScalableTargets cloudwatch:DescribeAlarms "
             "cloudwatch:GetMetricData cloudwatch:GetMetricStatistics cloudwatch:ListMetrics "
             "cloudwatch:PutMetricAlarm cloudwatch:DeleteAlarms ec2:DescribeAvailabilityZones "
             "ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcAttribute "
             "ec2:DescribeVpcs logs:DescribeLogStreams logs:GetLogEvents"),
      _allow("pi:*", ["arn:aws:pi:*:*:metrics/rds/*"])]),
    ("AmazonRDSReadOnlyAccess", "/", "Provides read only access to Amazon RDS.", 8,
     [_allow("rds:Describe* rds:ListTagsForResource ec2:DescribeAvailabilityZones "
             "ec2:DescribeSecurityGroups ec2:DescribeVpcs"),
      _allow("cloudwatch:GetMetricStatistics cloudwatch:GetMetricData logs:DescribeLogStreams "
             "logs:GetLogEvents")]),
    ("AWSLambda_FullAccess", "/", "Grants full access to AWS Lambda service.", 3,
     [_allow("cloudformation:DescribeStacks cloudformation:ListStackResources "
             "cloudwatch:ListMetrics cloudwatch:GetMetricData ec2:DescribeSecurityGroups "
             "ec2:DescribeSubnets ec2:DescribeVpcs kms:ListAliases iam:GetPolicy "
             "iam:GetPolicyVersion iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies "
             "iam:ListRolePolicies iam:ListRoles lambda:* logs:DescribeLogGroups"),
      _allow("iam:PassRole", Condition={"StringEquals": {
          "iam:PassedToService": "lambda.amazonaws.com"}}),
      _allow("logs:DescribeLogStreams logs:GetLogEvents logs:FilterLogEvents",
             "arn:aws:logs:*:*:log-group:/aws/lambda/*")]),
    ("AWSLambda_ReadOnlyAccess", "/", "Grants read-only access to AWS Lambda service.", 3,
     [_allow("cloudwatch:ListMetrics cloudwatch:GetMetricData ec2:DescribeSecurityGroups "
             "ec2:DescribeSubnets ec2:DescribeVpcs lambda:Get* lambda:List* "
             "logs:DescribeLogGroups")]),
    ("CloudWatchFullAccess", "/", "Provides full access to CloudWatch.", 5,
     [_allow("autoscaling:Describe* cloudwatch:* logs:* sns:* iam:GetPolicy "
             "iam:GetPolicyVersion iam:GetRole oam:ListSinks")]),
    ("CloudWatchReadOnlyAccess", "/", "Provides read only access to CloudWatch.", 12,
     [_allow("autoscaling:Describe* cloudwatch:BatchGet* cloudwatch:Describe* "
             "cloudwatch:GenerateQuery cloudwatch:Get* cloudwatch:List* logs:Get* logs:List* "
             "logs:StartQuery logs:StopQuery logs:Describe* logs:TestMetricFilter "
             "logs:FilterLogEvents sns:Get* sns:List*")]),
    ("CloudWatchLogsFullAccess", "/", "Provides full access to CloudWatch Logs", 2,
     [_allow("logs:* cloudwatch:GenerateQuery")]),
    ("CloudWatchLogsReadOnlyAccess", "/", "Provides read only access to CloudWatch Logs", 7,
     [_allow("logs:Describe* logs:Get* logs:List* logs:StartQuery logs:StopQuery "
             "logs:TestMetricFilter logs:FilterLogEvents cloudwatch:GenerateQuery")]),
    ("CloudWatchAgentServerPolicy", "/", "Permissions required to use AmazonCloudWatchAgent on "
     "servers", 4,
     [_allow("cloudwatch:PutMetricData ec2:DescribeVolumes ec2:DescribeTags "
             "logs:PutLogEvents logs:PutRetentionPolicy logs:DescribeLogStreams "
             "logs:DescribeLogGroups logs:CreateLogStream logs:CreateLogGroup"),
      _allow("ssm:GetParameter", "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*")]),
    ("AutoScalingFullAccess", "/", "Provides full access to Auto Scaling.", 3,
     [_allow("autoscaling:*"), _allow("cloudwatch:PutMetricAlarm")]),
    ("AutoScalingReadOnlyAccess", "/", "Provides read-only access to Auto Scaling.", 1,
     [_allow("autoscaling:Describe*")]),
    ("ElasticLoadBalancingFullAccess", "/", "Provides full access to Elastic Load Balancing.", 6,
     [_allow("elasticloadbalancing:*")]),
    ("ElasticLoadBalancingReadOnly", "/", "Provides read only access to Elastic Load Balancing.", 2,
     [_allow("elasticloadbalancing:Describe* elasticloadbalancing:Get*")]),
    ("AmazonECS_FullAccess", "/", "Provides administrative access to Amazon ECS resources.", 25,
     [_allow("ecs:* autoscaling:Describe* application-autoscaling:* cloudwatch:GetMetricStatistics"
             " elasticloadbalancing:Describe* logs:DescribeLogGroups logs:FilterLogEvents")]),
    ("AmazonElastiCacheFullAccess", "/", "Provides full access to Amazon ElastiCache.", 5,
     [_allow("elasticache:*")]),
    ("AmazonElastiCacheReadOnlyAccess", "/", "Provides read only access to Amazon ElastiCache.", 2,
     [_allow("elasticache:Describe* elasticache:List*")]),
    ("AmazonSQSFullAccess", "/", "Provides full access to Amazon SQS.", 1, [_allow("sqs:*")]),
    ("AmazonSQSReadOnlyAccess", "/", "Provides read only access to Amazon SQS.", 3,
     [_allow("sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListDeadLetterSourceQueues "
             "sqs:ListQueues sqs:ListMessageMoveTasks sqs:ListQueueTags")]),
    ("AmazonSNSFullAccess", "/", "Provides full access to Amazon SNS.", 2, [_allow("sns:*")]),
    ("AmazonKinesisFullAccess", "/", "Provides full access to all streams.", 1,
     [_allow("kinesis:*")]),
    ("AmazonKinesisReadOnlyAccess", "/", "Provides read only access to all streams.", 1,
     [_allow("kinesis:Get* kinesis:List* kinesis:Describe*")]),
    ("AmazonSageMakerFullAccess", "/", "Provides full access to Amazon SageMaker.", 27,
     [_allow("sagemaker:* application-autoscaling:* cloudwatch:* logs:Describe* "
             "logs:GetLogEvents")]),
    ("AmazonSSMReadOnlyAccess", "/", "Provides read only access to Amazon SSM.", 1,
     [_allow("ssm:Describe* ssm:Get* ssm:List*")]),
    ("AmazonSSMManagedInstanceCore", "/", "The policy for Amazon EC2 Role to enable AWS Systems "
     "Manager service core functionality.", 2,
     [_allow("ssm:DescribeAssociation ssm:GetDocument ssm:GetParameter ssm:GetParameters "
             "ssm:ListAssociations ssm:PutInventory ssm:UpdateInstanceInformation "
             "ssmmessages:* ec2messages:*")]),
    ("AmazonEKSClusterPolicy", "/", "This policy provides Kubernetes the permissions it requires "
     "to manage resources on your behalf.", 8,
     [_allow("autoscaling:DescribeAutoScalingGroups autoscaling:UpdateAutoScalingGroup "
             "ec2:AttachVolume ec2:CreateTags ec2:CreateVolume ec2:DeleteVolume ec2:Describe* "
             "ec2:DetachVolume ec2:ModifyVolume elasticloadbalancing:*")]),
    ("AmazonEKSWorkerNodePolicy", "/", "This policy allows Amazon EKS worker nodes to connect to "
     "Amazon EKS Clusters.", 3, [_allow("ec2:Describe* eks:DescribeCluster")]),
    ("AmazonEC2ContainerRegistryReadOnly", "/", "Provides read-only access to Amazon EC2 "
     "Container Registry repositories.", 3,
     [_allow("ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:Describe* "
             "ecr:GetAuthorizationToken ecr:GetDownloadUrlForLayer ecr:List*")]),
    ("AWSBillingReadOnlyAccess", "/", "Allows users to view bills on the Billing Console.", 10,
     [_allow("account:GetAccountInformation budgets:DescribeBudget* budgets:ViewBudget ce:Describe*"
             " ce:Get* ce:List* cur:Describe* cur:GetUsage* freetier:Get* pricing:*"
             " savingsplans:Describe*")]),
    ("AWSCostAndUsageReportAutomationPolicy", _SERVICE_ROLE, "Grants permissions to describe the "
     "organization and create S3 buckets for CUR.", 1,
     [_allow("organizations:Describe* s3:CreateBucket s3:PutBucketPolicy cur:*")]),
    ("ComputeOptimizerReadOnlyAccess", "/", "Provides read only access to ComputeOptimizer.", 9,
     [_allow("compute-optimizer:Describe* compute-optimizer:Get* ec2:DescribeInstances "
             "ec2:DescribeVolumes autoscaling:DescribeAutoScalingGroups lambda:ListFunctions "
             "cloudwatch:GetMetricData ecs:List* rds:Describe* organizations:Describe*")]),
    ("CostOptimizationHubReadOnlyAccess", "/", "Provides read-only access to Cost Optimization "
     "Hub.", 2, [_allow("cost-optimization-hub:Get* cost-optimization-hub:List*")]),
    ("AWSSupportAccess", "/", "Allows users to access the AWS Support Center.", 1,
     [_allow("support:*")]),
    ("AWSOrganizationsReadOnlyAccess", "/", "Provides read-only access to AWS Organizations.", 4,
     [_allow("organizations:Describe* organizations:List*")]),
    ("AWSOrganizationsFullAccess", "/", "Provides full access to AWS Organizations.", 4,
     [_allow("organizations:*")]),
    ("SecurityAudit", "/", "The security audit template grants access to read security "
     "configuration metadata.", 70,
     [_allow(_VIEWS + " iam:Generate* iam:Get* iam:List* s3:GetBucket* s3:GetEncryption* "
             "s3:GetAccountPublicAccessBlock config:Describe* config:Get* lambda:GetPolicy "
             "cloudtrail:Get* cloudtrail:Describe*")]),
    ("ResourceGroupsandTagEditorFullAccess", "/", "Provides full access to Resource Groups and "
     "Tag Editor.", 5,
     [_allow("resource-groups:* tag:* " + _all_of("ec2 rds elasticache", "Describe*")
             + " ec2:CreateTags ec2:DeleteTags")]),
    ("ViewOnlyAccess", _JOB, "This policy grants permissions to view resources and basic metadata "
     "across all AWS services.", 24, [_allow(_VIEWS)]),
    ("Billing", _JOB, "Grants permissions for billing and cost management.", 16,
     [_allow("account:Get* account:List* budgets:* ce:* cur:* freetier:* pricing:* savingsplans:* "
             "bcm-data-exports:* cost-optimization-hub:* compute-optimizer:GetEnrollmentStatus "
             "s3:ListAllMyBuckets support:CreateCase")]),
    ("DatabaseAdministrator", _JOB, "Grants full access permissions to AWS services and actions "
     "required to set up and configure AWS database services.", 3,
     [_allow("cloudwatch:* dynamodb:* ec2:Describe* elasticache:* iam:GetRole iam:ListRoles "
             "kinesis:List* lambda:List* logs:Describe* logs:Get* rds:* s3:List* sns:List*")]),
    ("NetworkAdministrator", _JOB, "Grants full access permissions to AWS services and actions "
     "required to set up and configure AWS network resources.", 13,
     [_allow("autoscaling:Describe* cloudwatch:* ec2:*Address* ec2:*Gateway* ec2:*NetworkInterface*"
             " ec2:*RouteTable* ec2:*SecurityGroup* ec2:*Subnet* ec2:*Vpc* ec2:Describe* "
             "elasticloadbalancing:* logs:Describe* logs:Get* route53:*")]),
    ("SystemAdministrator", _JOB, "Grants full access permissions necessary for resources required "
     "for application and development operations.", 4,
     [_allow("autoscaling:* cloudwatch:* cloudtrail:* config:* ec2:*Instance* ec2:*Volume* "
             "ec2:*Snapshot* ec2:*Image* ec2:*Tag* ec2:Describe* elasticloadbalancing:* events:* "
             "iam:GetRole iam:ListRoles lambda:* logs:* rds:* s3:* sns:* sqs:* ssm:*")]),
    ("SupportUser", _JOB, "This policy grants permissions to troubleshoot and resolve issues in an "
     "AWS account.", 9, [_allow("support:* " + _VIEWS)]),
    ("DataScientist", _JOB, "Grants permissions to AWS data analytics services.", 5,
     [_allow("autoscaling:* cloudwatch:* ec2:Describe* elasticloadbalancing:* kinesis:* "
             "lambda:List* rds:* s3:* sagemaker:* sns:List*")]),
    ("AWSLambdaBasicExecutionRole", _SERVICE_ROLE, "Provides write permissions to CloudWatch "
     "Logs.", 1, [_allow("logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents")]),
    ("AWSLambdaVPCAccessExecutionRole", _SERVICE_ROLE, "Provides minimum permissions for a Lambda "
     "function to execute while accessing a resource within a VPC.", 3,
     [_allow("logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents "
             "ec2:CreateNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets "
             "ec2:DeleteNetworkInterface")]),
    ("AmazonECSTaskExecutionRolePolicy", _SERVICE_ROLE, "Provides access to other AWS service "
     "resources that are required to run Amazon ECS tasks.", 1,
     [_allow("ecr:GetAuthorizationToken ecr:BatchCheckLayerAvailability "
             "ecr:GetDownloadUrlForLayer ecr:BatchGetImage logs:CreateLogStream "
             "logs:PutLogEvents")]),
    ("AmazonRDSEnhancedMonitoringRole", _SERVICE_ROLE, "Provides access to Cloudwatch for RDS "
     "Enhanced Monitoring", 1,
     [_allow("logs:CreateLogGroup logs:PutRetentionPolicy", "arn:aws:logs:*:*:log-group:RDS*"),
      _allow("logs:CreateLogStream logs:PutLogEvents logs:DescribeLogStreams logs:GetLogEvents",
             "arn:aws:logs:*:*:log-group:RDS*:log-stream:*")]),
    ("AWSDataLifecycleManagerServiceRole", _SERVICE_ROLE, "Provides appropriate permissions to AWS "
     "Data Lifecycle Manager to take actions on AWS resources", 2,
     [_allow("ec2:CreateSnapshot ec2:CreateSnapshots ec2:DeleteSnapshot ec2:DescribeInstances "
             "ec2:DescribeVolumes ec2:DescribeSnapshots"),
      _allow("ec2:CreateTags", "arn:aws:ec2:*::snapshot/*")]),
    ("AWSBackupServiceRolePolicyForBackup", _SERVICE_ROLE, "Provides AWS Backup permission to "
     "create backups on your behalf across AWS services", 21,
     [_allow("backup:DescribeBackupVault ec2:CreateSnapshot ec2:CreateTags ec2:DeleteSnapshot "
             "ec2:DescribeSnapshots ec2:DescribeVolumes rds:CreateDBSnapshot rds:Describe* "
             "tag:GetResources")]),
)  # fmt: skip


@cache
def every() -> dict[str, ManagedPolicy]:
    """All of them, by ARN."""
    first = datetime(2015, 2, 6, 18, 39, 46, tzinfo=UTC)
    later = datetime(2025, 11, 18, 20, 4, 12, tzinfo=UTC)
    found = {}
    for name, path, description, version, statements in _POLICIES:
        text = orjson.dumps(
            {"Version": "2012-10-17", "Statement": statements}, option=orjson.OPT_INDENT_2
        ).decode()
        changed = first if version == 1 else later
        one = ManagedPolicy(name, path, description, text, version, first, changed)
        found[one.arn] = one
    return found


def document(arn: str) -> str | None:
    """The document of AWS's policy of that ARN; None: it has no such policy."""
    one = every().get(arn)
    return one.document if one else None
