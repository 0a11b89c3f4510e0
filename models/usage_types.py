"""Usage types: how a bill says in which region something was used.

Source: https://docs.aws.amazon.com/cur/latest/userguide/cur-billing-codes.html. A usage type of
us-east-1 bears no prefix (BoxUsage:m5.large) where the service is an old one, and USE1 where it
is a newer one; every other region has its code before a dash.
"""

HOME_REGION = "us-east-1"

CODES = {
    "us-east-1": "USE1", "us-east-2": "USE2", "us-west-1": "USW1", "us-west-2": "USW2",
    "ca-central-1": "CAN1", "ca-west-1": "CAN2", "mx-central-1": "MXC1", "sa-east-1": "SAE1",
    "eu-west-1": "EU", "eu-west-2": "EUW2", "eu-west-3": "EUW3", "eu-central-1": "EUC1",
    "eu-central-2": "EUC2", "eu-north-1": "EUN1", "eu-south-1": "EUS1", "eu-south-2": "EUS2",
    "ap-northeast-1": "APN1", "ap-northeast-2": "APN2", "ap-northeast-3": "APN3",
    "ap-southeast-1": "APS1", "ap-southeast-2": "APS2", "ap-southeast-3": "APS4",
    "ap-southeast-4": "APS6", "ap-southeast-5": "APS7", "ap-southeast-6": "APS8",
    "ap-southeast-7": "APS9",
    "ap-south-1": "APS3", "ap-south-2": "APS5", "ap-east-1": "APE1", "ap-east-2": "APE2",
    "me-south-1": "MES1", "me-central-1": "MEC1", "il-central-1": "ILC1", "af-south-1": "AFS1",
}  # fmt: skip


def code(region: str) -> str:
    """The region's billing code; a region that is not known stands for itself."""
    return CODES.get(region, region.upper().replace("-", ""))


def prefix(region: str) -> str:
    """What an old service's usage types begin with: nothing in us-east-1, else code and dash."""
    return "" if region == HOME_REGION else f"{code(region)}-"
