"""SageMaker's machines: rows of managed_services that are notebooks, endpoints, apps, clusters."""

from models.managed_services import MODIFIED, STATUS, THERE
from models.sagemaker_lists import SortedListing

NOTEBOOK, ENDPOINT = "sagemaker-notebook", "sagemaker-endpoint"
APP, CLUSTER = "sagemaker-app", "sagemaker-cluster"

# Rows that others than the API made have a word of the database's own.
_STATUS = (
    f"(case {STATUS} when 'available' then 'InService'"
    f" else upper(substr({STATUS}, 1, 1)) || substr({STATUS}, 2) end)"
)
_COLUMNS = (
    "r.id, r.name, r.arn, r.region, r.env, r.instance_type, r.node_count, r.storage_gib,"
    f" {_STATUS} as status, r.settings, r.variants, r.endpoint_config_name, r.hourly_cost,"
    f" r.created_at, {MODIFIED} as modified_at, r.settings ->> 'DomainId' as domain_id,"
    " r.settings ->> 'UserProfileName' as user_profile, r.settings ->> 'SpaceName' as space,"
    " r.settings ->> 'AppType' as app_type,"
    " coalesce(r.settings ->> 'LifecycleConfigName', '') as lifecycle_config,"
    " coalesce(r.settings ->> 'DefaultCodeRepository', '') as code_repository,"
    " coalesce(r.settings -> 'AdditionalCodeRepositories', '[]')::text as code_repositories"
)


def _listing(kind: str) -> SortedListing:
    spelled = f"('{kind}', '{kind.replace('-', '_')}')"
    return SortedListing(
        f"select {_COLUMNS} from managed_services as r"
        f" where r.service_type in {spelled} and {THERE}"
    )


NOTEBOOKS, ENDPOINTS = _listing(NOTEBOOK), _listing(ENDPOINT)
APPS, CLUSTERS = _listing(APP), _listing(CLUSTER)
