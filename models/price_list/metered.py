"""What is metered on the price list: storage, requests, traffic, hours of what is no machine.

Each line is a product; together they hold every item of prices/rates.csv but the licences of
platforms, which are parts of machines' prices.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from models import regions
from models.price_list.nodes import ENGINES
from models.price_list.product import Product, Rate, Tier

SERVICES = {
    "AmazonEC2": "Amazon Elastic Compute Cloud", "AmazonVPC": "Amazon Virtual Private Cloud",
    "AWSELB": "Elastic Load Balancing", "AmazonS3": "Amazon Simple Storage Service",
    "AWSLambda": "AWS Lambda", "AmazonCloudWatch": "AmazonCloudWatch",
    "AmazonKinesis": "Amazon Kinesis", "AmazonMSK": "Amazon Managed Streaming for Apache Kafka",
    "AmazonEKS": "Amazon Elastic Container Service for Kubernetes",
    "AmazonECS": "Amazon Elastic Container Service",
    "AmazonECR": "Amazon EC2 Container Registry (ECR)",
    "AmazonRDS": "Amazon Relational Database Service", "AmazonElastiCache": "Amazon ElastiCache",
    "AmazonES": "Amazon OpenSearch Service", "AmazonSageMaker": "Amazon SageMaker",
    "AmazonDynamoDB": "Amazon DynamoDB", "AWSDataTransfer": "AWS Data Transfer",
}  # fmt: skip
_NEW = frozenset(("AmazonCloudWatch", "AmazonKinesis", "AmazonMSK", "AmazonEKS", "AmazonECS",
                  "AmazonSageMaker"))  # fmt: skip

# service | product family | usage type | operation | unit | items of rates.csv | attributes
# Several items are the tiers of one product, from the quantity after the colon on.
_LINES = """
AmazonEC2|Storage|EBS:VolumeUsage.gp3|CreateVolume-Gp3|GB-Mo|ebs gp3|volumeApiName=gp3;volumeType=General Purpose;storageMedia=SSD-backed
AmazonEC2|Storage|EBS:VolumeUsage.gp2|CreateVolume-Gp2|GB-Mo|ebs gp2|volumeApiName=gp2;volumeType=General Purpose;storageMedia=SSD-backed
AmazonEC2|Storage|EBS:VolumeUsage.piops|CreateVolume-Io1|GB-Mo|ebs io1|volumeApiName=io1;volumeType=Provisioned IOPS;storageMedia=SSD-backed
AmazonEC2|Storage|EBS:VolumeUsage.io2|CreateVolume-Io2|GB-Mo|ebs io2|volumeApiName=io2;volumeType=Provisioned IOPS;storageMedia=SSD-backed
AmazonEC2|Storage|EBS:VolumeUsage.st1|CreateVolume-St1|GB-Mo|ebs st1|volumeApiName=st1;volumeType=Throughput Optimized HDD;storageMedia=HDD-backed
AmazonEC2|Storage|EBS:VolumeUsage.sc1|CreateVolume-Sc1|GB-Mo|ebs sc1|volumeApiName=sc1;volumeType=Cold HDD;storageMedia=HDD-backed
AmazonEC2|Storage|EBS:VolumeUsage|CreateVolume|GB-Mo|ebs standard|volumeApiName=standard;volumeType=Magnetic;storageMedia=HDD-backed
AmazonEC2|System Operation|EBS:VolumeIOUsage|CreateVolume|IOs|ebs standard-io|volumeApiName=standard;group=EBS I/O Requests
AmazonEC2|System Operation|EBS:VolumeP-IOPS.gp3|CreateVolume-Gp3|IOPS-Mo|ebs gp3-iops|volumeApiName=gp3;group=EBS IOPS;provisioned=Yes
AmazonEC2|System Operation|EBS:VolumeP-IOPS.piops|CreateVolume-Io1|IOPS-Mo|ebs io1-iops|volumeApiName=io1;group=EBS IOPS;provisioned=Yes
AmazonEC2|System Operation|EBS:VolumeP-IOPS.io2|CreateVolume-Io2|IOPS-Mo|ebs io2-iops,ebs io2-iops-32000:32000,ebs io2-iops-64000:64000|volumeApiName=io2;group=EBS IOPS;provisioned=Yes
AmazonEC2|Provisioned Throughput|EBS:VolumeP-Throughput.gp3|CreateVolume-Gp3|MiBps-Mo|ebs gp3-throughput|volumeApiName=gp3;group=EBS Throughput;provisioned=Yes
AmazonEC2|Storage Snapshot|EBS:SnapshotUsage|CreateSnapshot|GB-Mo|ebs snapshot|storageMedia=Amazon S3
AmazonEC2|Storage Snapshot|EBS:SnapshotArchiveStorage|CreateSnapshot|GB-Mo|ebs snapshot-archive|storageMedia=Amazon S3
AmazonEC2|Storage Snapshot|EBS:SnapshotArchiveRetrieval|RestoreSnapshot|GB|ebs snapshot-archive-retrieval|storageMedia=Amazon S3
AmazonEC2|NAT Gateway|NatGateway-Hours|NatGateway|Hrs|vpc nat-hour|group=NGW:NatGateway;groupDescription=Hourly charge for NAT Gateways
AmazonEC2|NAT Gateway|NatGateway-Bytes|NatGateway|GB|vpc nat-gb|group=NGW:NatGateway;groupDescription=Charge for per GB data processed by NatGateways
AmazonVPC|VPC Public IPv4 Address|PublicIPv4:IdleAddress|AllocateAddressVPC|Hrs|vpc address-idle|group=VPCPublicIPv4Address;groupDescription=Hourly charge for Idle Public IPv4 Addresses
AmazonVPC|VPC Public IPv4 Address|PublicIPv4:InUseAddress|AssociateAddressVPC|Hrs|vpc address-in-use|group=VPCPublicIPv4Address;groupDescription=Hourly charge for In-use Public IPv4 Addresses
AmazonVPC|VpcEndpoint|VpcEndpoint-Hours|VpcEndpoint|Hrs|vpc endpoint-hour|endpointType=PrivateLink;groupDescription=Hourly charge for VPC Endpoints
AmazonVPC|VpcEndpoint|VpcEndpoint-Bytes|VpcEndpoint|GB|vpc endpoint-gb|endpointType=PrivateLink;groupDescription=Charge for per GB data processed by VPC Endpoints
AmazonVPC|VpcEndpoint|VpcEndpoint-Gateway-Hours|VpcEndpoint|Hrs|vpc gateway-endpoint-hour|endpointType=Gateway;groupDescription=Gateway endpoints are free
AmazonVPC|VpcTransitGateway|TransitGateway-Hours|TransitGatewayVPC|Hrs|vpc transit-gateway-attachment-hour|groupDescription=Hourly charge for Transit Gateway VPC attachments
AWSELB|Load Balancer-Application|LoadBalancerUsage|LoadBalancing:Application|Hrs|elb application|group=ELB:Balancer
AWSELB|Load Balancer-Application|LCUUsage|LoadBalancing:Application|LCU-Hrs|elb application-lcu|group=ELB:Balancer
AWSELB|Load Balancer-Network|LoadBalancerUsage|LoadBalancing:Network|Hrs|elb network|group=ELB:Balancer
AWSELB|Load Balancer-Network|LCUUsage|LoadBalancing:Network|LCU-Hrs|elb network-lcu|group=ELB:Balancer
AWSELB|Load Balancer-Gateway|LoadBalancerUsage|LoadBalancing:Gateway|Hrs|elb gateway|group=ELB:Balancer
AWSELB|Load Balancer-Gateway|LCUUsage|LoadBalancing:Gateway|LCU-Hrs|elb gateway-lcu|group=ELB:Balancer
AWSELB|Load Balancer|LoadBalancerUsage|LoadBalancing|Hrs|elb classic|group=ELB:Balancer
AWSELB|Load Balancer|DataProcessing-Bytes|LoadBalancing|GB|elb classic-gb|group=ELB:Balancer
AmazonS3|Storage|TimedStorage-ByteHrs|StandardStorage|GB-Mo|s3 STANDARD,s3 STANDARD-50TB:51200,s3 STANDARD-500TB:512000|volumeType=Standard;storageClass=General Purpose
AmazonS3|Storage|TimedStorage-INT-FA-ByteHrs|IntelligentTieringFAStorage|GB-Mo|s3 INTELLIGENT_TIERING|volumeType=Intelligent-Tiering Frequent Access;storageClass=Intelligent-Tiering
AmazonS3|Fee|Monitoring-Automation-INT|IntelligentTieringFAStorage|Objects|s3 INTELLIGENT_TIERING-monitoring|storageClass=Intelligent-Tiering
AmazonS3|Storage|TimedStorage-SIA-ByteHrs|StandardIAStorage|GB-Mo|s3 STANDARD_IA|volumeType=Standard - Infrequent Access;storageClass=Infrequent Access
AmazonS3|Storage|TimedStorage-ZIA-ByteHrs|OneZoneIAStorage|GB-Mo|s3 ONEZONE_IA|volumeType=One Zone - Infrequent Access;storageClass=Infrequent Access
AmazonS3|Storage|TimedStorage-GIR-ByteHrs|GlacierInstantRetrievalStorage|GB-Mo|s3 GLACIER_IR|volumeType=Glacier Instant Retrieval;storageClass=Archive Instant Retrieval
AmazonS3|Storage|TimedStorage-GlacierByteHrs|GlacierStorage|GB-Mo|s3 GLACIER|volumeType=Amazon Glacier;storageClass=Archive
AmazonS3|Storage|TimedStorage-GDA-ByteHrs|DeepArchiveStorage|GB-Mo|s3 DEEP_ARCHIVE|volumeType=Glacier Deep Archive;storageClass=Archive
AmazonS3|Storage|TimedStorage-XZ-ByteHrs|ExpressOneZoneStorage|GB-Mo|s3 EXPRESS_ONEZONE|volumeType=Express One Zone;storageClass=High Performance
AmazonS3|Storage|TimedStorage-RRS-ByteHrs|ReducedRedundancyStorage|GB-Mo|s3 REDUCED_REDUNDANCY|volumeType=Reduced Redundancy;storageClass=Non-Critical Data
AmazonS3|API Request|Requests-Tier1|PutObject|Requests|s3 write-requests|group=S3-API-Tier1
AmazonS3|API Request|Requests-Tier2|GetObject|Requests|s3 read-requests|group=S3-API-Tier2
AmazonS3|API Request|Requests-SIA-Tier1|PutObject|Requests|s3 STANDARD_IA-write-requests|group=S3-API-SIA-Tier1
AmazonS3|API Request|Requests-SIA-Tier2|GetObject|Requests|s3 STANDARD_IA-read-requests|group=S3-API-SIA-Tier2
AmazonS3|API Request|Requests-GIR-Tier1|PutObject|Requests|s3 GLACIER_IR-write-requests|group=S3-API-GIR-Tier1
AmazonS3|API Request|Requests-GIR-Tier2|GetObject|Requests|s3 GLACIER_IR-read-requests|group=S3-API-GIR-Tier2
AmazonS3|API Request|Requests-SIA-Tier1|S3-StandardIATransition|Requests|s3 STANDARD_IA-transition|group=S3-API-SIA-Tier1
AmazonS3|API Request|Requests-GIR-Tier1|S3-GIRTransition|Requests|s3 GLACIER_IR-transition|group=S3-API-GIR-Tier1
AmazonS3|API Request|Requests-Tier3|S3-GlacierTransition|Requests|s3 GLACIER-transition|group=S3-API-Tier3
AmazonS3|API Request|Requests-GDA-Tier1|S3-GDATransition|Requests|s3 DEEP_ARCHIVE-transition|group=S3-API-GDA-Tier1
AmazonS3|Fee|Retrieval-SIA|StandardIARetrieval|GB|s3 STANDARD_IA-retrieval|feeDescription=Retrieval from Standard - Infrequent Access
AmazonS3|Fee|Retrieval-GIR|GlacierInstantRetrieval|GB|s3 GLACIER_IR-retrieval|feeDescription=Retrieval from Glacier Instant Retrieval
AmazonS3|Fee|Standard-Retrieval-Bytes|RestoreObject|GB|s3 GLACIER-retrieval|feeDescription=Retrieval from Glacier
AmazonS3|Fee|Standard-Retrieval-Bytes-GDA|RestoreObject|GB|s3 DEEP_ARCHIVE-retrieval|feeDescription=Retrieval from Glacier Deep Archive
AWSLambda|Serverless|Lambda-GB-Second|Invoke|Lambda-GB-Second|lambda duration-x86_64|group=AWS-Lambda-Duration
AWSLambda|Serverless|Lambda-GB-Second-ARM|Invoke|Lambda-GB-Second|lambda duration-arm64|group=AWS-Lambda-Duration-ARM
AWSLambda|Serverless|Request|Invoke|Requests|lambda requests|group=AWS-Lambda-Requests
AWSLambda|Serverless|Request-ARM|Invoke|Requests|lambda requests|group=AWS-Lambda-Requests-ARM
AWSLambda|Serverless|Lambda-Provisioned-Concurrency|Invoke|Lambda-GB-Second|lambda provisioned-x86_64|group=AWS-Lambda-Provisioned-Concurrency
AWSLambda|Serverless|Lambda-Provisioned-Concurrency-ARM|Invoke|Lambda-GB-Second|lambda provisioned-arm64|group=AWS-Lambda-Provisioned-Concurrency-ARM
AWSLambda|Serverless|Lambda-Provisioned-GB-Second|Invoke|Lambda-GB-Second|lambda provisioned-duration-x86_64|group=AWS-Lambda-Duration-Provisioned
AWSLambda|Serverless|Lambda-Provisioned-GB-Second-ARM|Invoke|Lambda-GB-Second|lambda provisioned-duration-arm64|group=AWS-Lambda-Duration-Provisioned-ARM
AWSLambda|Serverless|Lambda-Storage-GB-Second|Invoke|Lambda-GB-Second|lambda ephemeral-storage|group=AWS-Lambda-Storage-Duration
AmazonCloudWatch|Data Payload|DataProcessing-Bytes|PutLogEvents|GB|logs ingestion|group=Ingested Logs
AmazonCloudWatch|Data Payload|DataProcessingIA-Bytes|PutLogEvents|GB|logs ingestion-infrequent-access|group=Ingested Logs
AmazonCloudWatch|Storage Snapshot|TimedStorage-ByteHrs|HourlyStorageMetering|GB-Mo|logs storage|storageMedia=Amazon S3
AmazonCloudWatch|Data Payload|DataScanned-Bytes|StartQuery|GB|logs insights-query|group=Logs Insights
AmazonCloudWatch|Data Payload|VendedLog-Bytes|VendedLogs|GB|logs vended-ingestion|group=Vended Logs
AmazonCloudWatch|Metric|CW:MetricMonitorUsage|MetricStorage|Metrics|cloudwatch metric|group=Metric
AmazonCloudWatch|Alarm|CW:AlarmMonitorUsage|PutMetricAlarm|Alarms|cloudwatch alarm|alarmType=Standard
AmazonCloudWatch|Dashboard|DashboardsUsageHour|DashboardHour|Dashboards|cloudwatch dashboard|group=Dashboard
AmazonCloudWatch|API Request|CW:GMD-Metrics|GetMetricData|Metrics|cloudwatch metric-data|group=CW:Requests
AmazonKinesis|Kinesis Streams|Storage-ShardHour|shardHourStorage|ShardHour|kinesis shard|group=Provisioned shard hour
AmazonKinesis|Kinesis Streams|PutRequestPayloadUnits|PutRequest|PutRequest|kinesis put-unit|group=Payload Units
AmazonKinesis|Kinesis Streams|Extended-ShardHour|shardHourStorage|ShardHour|kinesis extended-retention|group=Addon shard hour
AmazonKinesis|Kinesis Streams|LongTermRetention-ByteHrs|LongTermRetention|GB-Mo|kinesis long-retention|group=Long term retention
AmazonKinesis|Kinesis Streams|EnhancedFanoutHour|EnhancedFanout|ConsumerHour|kinesis fan-out|group=Enhanced fan-out
AmazonKinesis|Kinesis Streams|OnDemand-StreamHour|OnDemandStreamHr|StreamHr|kinesis on-demand|group=On-demand stream hour
AmazonKinesis|Kinesis Streams|OnDemand-BilledIncomingBytes|PutRequest|GB|kinesis on-demand-in|group=On-demand data ingested
AmazonKinesis|Kinesis Streams|OnDemand-BilledOutgoingBytes|GetRecords|GB|kinesis on-demand-out|group=On-demand data retrieved
AmazonMSK|Managed Streaming for Apache Kafka (MSK)|Kafka.Storage.GP2|RunVolume|GB-Mo|msk storage|group=Storage
AmazonMSK|Managed Streaming for Apache Kafka (MSK)|Kafka.Serverless.ClusterHours|RunServerless|hours|msk serverless|group=Serverless
AmazonMSK|Managed Streaming for Apache Kafka (MSK)|Kafka.Serverless.PartitionHours|RunServerless|hours|msk serverless-partition|group=Serverless
AmazonEKS|Compute|AmazonEKS-Hours:perCluster|CreateOperation|Hours|eks cluster|tiertype=HAStandard
AmazonEKS|Compute|AmazonEKS-Hours:extendedSupport|ExtendedSupport|Hours|eks cluster-extended-support|tiertype=HAStandard
AmazonECS|Compute|Fargate-vCPU-Hours:perCPU|FargateTask|hours|ecs vcpu-x86_64|cputype=perCPU;tenancy=Shared
AmazonECS|Compute|Fargate-GB-Hours|FargateTask|hours|ecs memory-x86_64|memorytype=perGB;tenancy=Shared
AmazonECS|Compute|Fargate-ARM-vCPU-Hours:perCPU|FargateTask|hours|ecs vcpu-arm64|cputype=perCPU;tenancy=Shared;cpuArchitecture=ARM
AmazonECS|Compute|Fargate-ARM-GB-Hours|FargateTask|hours|ecs memory-arm64|memorytype=perGB;tenancy=Shared;cpuArchitecture=ARM
AmazonECR|EC2 Container Registry|TimedStorage-ByteHrs|PutImage|GB-Mo|ecr storage|storageMedia=Amazon S3
AmazonRDS|Database Storage|RDS:GP2-Storage|CreateDBInstance|GB-Mo|rds gp2|volumeType=General Purpose;deploymentOption=Single-AZ;databaseEngine=Any
AmazonRDS|Database Storage|RDS:GP3-Storage|CreateDBInstance|GB-Mo|rds gp3|volumeType=General Purpose-GP3;deploymentOption=Single-AZ;databaseEngine=Any
AmazonRDS|Database Storage|RDS:PIOPS-Storage|CreateDBInstance|GB-Mo|rds io1|volumeType=Provisioned IOPS;deploymentOption=Single-AZ;databaseEngine=Any
AmazonRDS|Database Storage|RDS:PIOPS-Storage-IO2|CreateDBInstance|GB-Mo|rds io2|volumeType=Provisioned IOPS-IO2;deploymentOption=Single-AZ;databaseEngine=Any
AmazonRDS|Database Storage|RDS:StorageUsage|CreateDBInstance|GB-Mo|rds standard|volumeType=Magnetic;deploymentOption=Single-AZ;databaseEngine=Any
AmazonRDS|Provisioned IOPS|RDS:GP3-PIOPS|CreateDBInstance|IOPS-Mo|rds gp3-iops|deploymentOption=Single-AZ;databaseEngine=Any;group=RDS-GP3-IOPS
AmazonRDS|Provisioned Throughput|RDS:GP3-Throughput|CreateDBInstance|MBPS-Mo|rds gp3-throughput|deploymentOption=Single-AZ;databaseEngine=Any
AmazonRDS|Provisioned IOPS|RDS:PIOPS|CreateDBInstance|IOPS-Mo|rds io1-iops|deploymentOption=Single-AZ;databaseEngine=Any;group=RDS-PIOPS
AmazonRDS|Provisioned IOPS|RDS:PIOPS-IO2|CreateDBInstance|IOPS-Mo|rds io2-iops|deploymentOption=Single-AZ;databaseEngine=Any;group=RDS-PIOPS-IO2
AmazonRDS|Storage Snapshot|RDS:ChargedBackupUsage|CreateDBInstance|GB-Mo|rds backup|storageMedia=Amazon S3;databaseEngine=Any
AmazonRDS|Database Storage|Aurora:StorageUsage|CreateDBInstance|GB-Mo|rds aurora|volumeType=General Purpose-Aurora;databaseEngine=Any
AmazonRDS|System Operation|Aurora:StorageIOUsage|CreateDBInstance|IOs|rds aurora-io|group=Aurora I/O Operation;databaseEngine=Any
AmazonRDS|Storage Snapshot|Aurora:BackupUsage|CreateDBInstance|GB-Mo|rds backup|storageMedia=Amazon S3;databaseEngine=Any
AmazonRDS|ServerlessV2|Aurora:ServerlessV2Usage|CreateDBInstance|ACU-Hr|rds aurora-serverless-v2|databaseEngine=Any
AmazonElastiCache|Storage Snapshot|BackupUsage|CreateSnapshot|GB-Mo|elasticache backup|storageMedia=Amazon S3
AmazonElastiCache|ElastiCache Serverless|ElastiCache:CachedData-Redis|CreateServerlessCache:0002|GB-hours|elasticache serverless-redis|cacheEngine=Redis
AmazonElastiCache|ElastiCache Serverless|ElastiCache:ElastiCacheProcessingUnits-Redis|CreateServerlessCache:0002|ECPUs|elasticache serverless-redis-ecpu|cacheEngine=Redis
AmazonElastiCache|ElastiCache Serverless|ElastiCache:CachedData-Valkey|CreateServerlessCache:0003|GB-hours|elasticache serverless-valkey|cacheEngine=Valkey
AmazonElastiCache|ElastiCache Serverless|ElastiCache:ElastiCacheProcessingUnits-Valkey|CreateServerlessCache:0003|ECPUs|elasticache serverless-valkey-ecpu|cacheEngine=Valkey
AmazonES|Amazon OpenSearch Service Volume|ES:GP2-Storage|ESDomain|GB-Mo|opensearch gp2|storageMedia=GP2
AmazonES|Amazon OpenSearch Service Volume|ES:GP3-Storage|ESDomain|GB-Mo|opensearch gp3|storageMedia=GP3
AmazonES|Amazon OpenSearch Service Volume|ES:GP3-PIOPS|ESDomain|IOPS-Mo|opensearch gp3-iops|storageMedia=GP3-PIOPS-Storage
AmazonES|Amazon OpenSearch Service Volume|ES:GP3-Provisioned-Throughput|ESDomain|MBPS-Mo|opensearch gp3-throughput|storageMedia=GP3-ThroughPut-Storage
AmazonES|Amazon OpenSearch Service Volume|ES:PIOPS-Storage|ESDomain|GB-Mo|opensearch io1|storageMedia=PIOPS-Storage
AmazonES|Amazon OpenSearch Service Volume|ES:PIOPS|ESDomain|IOPS-Mo|opensearch io1-iops|storageMedia=PIOPS
AmazonES|Amazon OpenSearch Service Volume|ES:Magnetic-Storage|ESDomain|GB-Mo|opensearch standard|storageMedia=Magnetic
AmazonES|Amazon OpenSearch Service Volume|ES:Managed-Storage|ESDomain|GB-Mo|opensearch warm-storage|storageMedia=Managed-Storage
AmazonSageMaker|ML Storage|Notebk:VolumeUsage.gp2|RunInstance|GB-Mo|sagemaker storage|component=Notebook;volumeType=General Purpose
AmazonSageMaker|ML Storage|Host:VolumeUsage.gp2|RunInstance|GB-Mo|sagemaker storage|component=Hosting;volumeType=General Purpose
AmazonSageMaker|ML Storage|Train:VolumeUsage.gp2|RunInstance|GB-Mo|sagemaker storage|component=Training;volumeType=General Purpose
AmazonSageMaker|ML Storage|Processing:VolumeUsage.gp2|RunInstance|GB-Mo|sagemaker storage|component=Processing;volumeType=General Purpose
AmazonDynamoDB|Provisioned IOPS|ReadCapacityUnit-Hrs|CommittedThroughput|ReadCapacityUnit-Hrs|dynamodb read-capacity|group=DDB-ReadUnits
AmazonDynamoDB|Provisioned IOPS|WriteCapacityUnit-Hrs|CommittedThroughput|WriteCapacityUnit-Hrs|dynamodb write-capacity|group=DDB-WriteUnits
AmazonDynamoDB|Amazon DynamoDB PayPerRequest Throughput|ReadRequestUnits|PayPerRequestThroughput|ReadRequestUnits|dynamodb on-demand-read|group=DDB-ReadUnits
AmazonDynamoDB|Amazon DynamoDB PayPerRequest Throughput|WriteRequestUnits|PayPerRequestThroughput|WriteRequestUnits|dynamodb on-demand-write|group=DDB-WriteUnits
AmazonDynamoDB|Database Storage|TimedStorage-ByteHrs|StandardStorage|GB-Mo|dynamodb storage|volumeType=Amazon DynamoDB - Indexed DataStore
AWSDataTransfer|Data Transfer|DataTransfer-In-Bytes|RunInstances|GB|transfer ingress|transferType=AWS Inbound
AWSDataTransfer|Data Transfer|DataTransfer-Out-Bytes|RunInstances|GB|transfer egress,transfer egress-10TB:10240,transfer egress-50TB:51200,transfer egress-150TB:153600|transferType=AWS Outbound;toLocation=External;toLocationType=Other
AWSDataTransfer|Data Transfer|DataTransfer-Regional-Bytes|InterZone-Out|GB|transfer cross-az|transferType=IntraRegion
AWSDataTransfer|Data Transfer|DataTransfer-AZ-Bytes|IntraZone|GB|transfer intra-az|transferType=IntraAZ
AWSDataTransfer|Data Transfer|CloudFront-Out-Bytes|CloudFront|GB|transfer cloudfront|transferType=CloudFront Outbound;toLocation=External;toLocationType=Other
"""  # noqa: E501 - a table

# item of rates.csv, usage type of a single one, unit, product family, name
_TWICE = (
    ("gp2", "GP2-Storage", "GB-Mo", "Database Storage", "General Purpose"),
    ("gp3", "GP3-Storage", "GB-Mo", "Database Storage", "General Purpose-GP3"),
    ("io1", "PIOPS-Storage", "GB-Mo", "Database Storage", "Provisioned IOPS"),
    ("io2", "PIOPS-Storage-IO2", "GB-Mo", "Database Storage", "Provisioned IOPS-IO2"),
    ("standard", "StorageUsage", "GB-Mo", "Database Storage", "Magnetic"),
    ("gp3-iops", "GP3-PIOPS", "IOPS-Mo", "Provisioned IOPS", "IOPS of GP3"),
    ("gp3-throughput", "GP3-Throughput", "MBPS-Mo", "Provisioned Throughput", "throughput of GP3"),
    ("io1-iops", "PIOPS", "IOPS-Mo", "Provisioned IOPS", "Provisioned IOPS"),
    ("io2-iops", "PIOPS-IO2", "IOPS-Mo", "Provisioned IOPS", "Provisioned IOPS-IO2"),
)


def products() -> Iterator[Product]:
    """Every line of the table, storage of databases by engine too, transfers by destination."""
    for line in _LINES.strip().splitlines():
        one = _product(*line.split("|"))
        yield one
        if one.service == "AmazonRDS":
            yield from _by_engine(one)
    for one in _multi_az_storage():
        yield one
        yield from _by_engine(one)
    shared = _shared("AWSDataTransfer")
    for region, place in regions.all_regions().items():
        own = {
            "transferType": "InterRegion Outbound",
            "toLocation": place.price_list_location,
            "toLocationType": "AWS Region",
            "toRegionCode": region,
        }
        yield Product(
            "AWSDataTransfer", "Data Transfer", "AWS-Out-Bytes", "InterRegion-Out", "GB",
            f"per GB - transferred to {place.price_list_location}",
            (Tier(Rate("transfer", "cross-region")),), shared, own, to=region,
        )  # fmt: skip


def _product(
    service: str, family: str, usage: str, operation: str, unit: str, items: str, said: str
) -> Product:
    own = dict(pair.split("=") for pair in said.split(";"))
    word = own.get("groupDescription") or f"{family} {usage}"
    return Product(
        service, family, usage, operation, unit, f"per {unit} - {word}", _tiers(items),
        _shared(service), own, is_new=service in _NEW and not usage.startswith("CW:"),
    )  # fmt: skip


def _by_engine(one: Product) -> Iterator[Product]:
    """The same as the bill of each engine calls it."""
    is_aurora = one.usage.startswith("Aurora")
    for engine, (name, _, _, operation) in ENGINES.items():
        if engine.startswith("aurora") != is_aurora:
            continue
        own = {**one.own, "databaseEngine": name}
        yield replace(one, operation=f"CreateDBInstance:{operation}", own=own)


def _multi_az_storage() -> Iterator[Product]:
    """Volumes of databases that have a second one elsewhere, and how fast both are."""
    shared = _shared("AmazonRDS")
    for item, usage, unit, family, name in _TWICE:
        own = {"deploymentOption": "Multi-AZ", "databaseEngine": "Any"}
        yield Product(
            "AmazonRDS", family, f"RDS:Multi-AZ-{usage}", "CreateDBInstance", unit,
            f"per {unit} - Multi-AZ {name}", (Tier(Rate("rds", item, Decimal(2))),), shared,
            {**own, **({"volumeType": name} if unit == "GB-Mo" else {"group": f"RDS-{usage}"})},
        )  # fmt: skip


def _tiers(items: str) -> tuple[Tier, ...]:
    found = []
    for item in items.split(","):
        name, _, begin = item.partition(":")
        service, _, price = name.partition(" ")
        found.append((Rate(service, price), begin or "0"))
    ends = [begin for _, begin in found[1:]] + ["Inf"]
    return tuple(Tier(rate, begin, end) for (rate, begin), end in zip(found, ends, strict=True))


def _shared(service: str) -> dict[str, str]:
    return {"servicecode": service, "servicename": SERVICES[service]}
