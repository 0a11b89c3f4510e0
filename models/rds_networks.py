"""The networks that databases stand in, as expressions over a row's account, region and group."""

# `{0}` is the alias of the row: of rds_instances, rds_clusters or rds_subnet_groups.
_GROUP = (
    "from rds_subnet_groups as g where g.account_id = {0}.account_id and g.region = {0}.region"
    " and g.name = {0}.subnet_group_name"
)
SUBNETS = (
    "(select jsonb_agg(jsonb_build_object('id', s.subnet_id, 'zone', s.availability_zone)"
    " order by s.availability_zone, s.subnet_id) from subnets as s"
    " where s.subnet_id = any({0}.subnet_ids))"
)
SUBNET_GROUP = (
    "(select jsonb_build_object('arn', g.arn, 'description', g.description, 'vpc_id', g.vpc_id,"
    f" 'subnets', coalesce({SUBNETS.format('g')}, '[]')) {_GROUP})"
)
VPC_ID = f"(select g.vpc_id {_GROUP})"
# AWS puts what names no security group into the network's default one; a network that was built
# in tiers has one for its databases.
DEFAULT_GROUP = (
    "array(select sg.group_id from security_groups as sg"
    " where (sg.name = 'default' or sg.name like '%-db')"
    f" and sg.vpc_id = {VPC_ID} order by sg.name like '%-db' desc, sg.group_id limit 1)"
)
