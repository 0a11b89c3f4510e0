-- What instances are launched from.

CREATE TABLE images (
    id                    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id            uuid REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    image_id              text NOT NULL UNIQUE,
    region                text NOT NULL DEFAULT 'us-east-1',
    name                  text NOT NULL,
    description           text,
    owner_alias           text,
    owner_number          text NOT NULL,
    architecture          text NOT NULL DEFAULT 'x86_64',
    platform              text CHECK (platform = 'windows'),
    platform_details      text NOT NULL DEFAULT 'Linux/UNIX',
    usage_operation       text NOT NULL DEFAULT 'RunInstances',
    state                 text NOT NULL DEFAULT 'available',
    public                boolean NOT NULL DEFAULT false,
    root_device_name      text NOT NULL DEFAULT '/dev/xvda',
    root_device_type      text NOT NULL DEFAULT 'ebs',
    virtualization_type   text NOT NULL DEFAULT 'hvm',
    hypervisor            text NOT NULL DEFAULT 'xen',
    image_type            text NOT NULL DEFAULT 'machine',
    boot_mode             text,
    ena_support           boolean NOT NULL DEFAULT true,
    block_device_mappings jsonb NOT NULL DEFAULT '[]',
    source_instance_id    text,
    ssm_alias             text,
    creation_date         timestamptz NOT NULL DEFAULT now(),
    deprecation_time      timestamptz,
    tags                  jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL DEFAULT now(),
    CHECK (account_id IS NOT NULL OR public)
);
CREATE INDEX images_page ON images (account_id, region, image_id);
CREATE INDEX images_public ON images (region, image_id) WHERE account_id IS NULL;
COMMENT ON TABLE images IS 'A machine image (AMI).';
COMMENT ON COLUMN images.account_id IS 'Null: an image of Amazon or a vendor, visible to every account.';
COMMENT ON COLUMN images.owner_number IS 'Twelve digits of the owner, as AWS shows it.';
COMMENT ON COLUMN images.block_device_mappings IS 'List of BlockDeviceMapping as EC2 words them.';
COMMENT ON COLUMN images.ssm_alias IS 'Public parameter that names the newest image of this line.';

CREATE TABLE launch_templates (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    launch_template_id text NOT NULL UNIQUE,
    name               text NOT NULL,
    region             text NOT NULL DEFAULT 'us-east-1',
    default_version    bigint NOT NULL DEFAULT 1,
    latest_version     bigint NOT NULL DEFAULT 1,
    created_by         text,
    client_token       text,
    tags               jsonb NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, region, name)
);
CREATE UNIQUE INDEX launch_templates_page ON launch_templates (account_id, region, launch_template_id);
COMMENT ON TABLE launch_templates IS 'A launch template; its contents are in its versions.';
COMMENT ON COLUMN launch_templates.created_by IS 'ARN of the principal.';

CREATE TABLE launch_template_versions (
    launch_template_id text NOT NULL REFERENCES launch_templates (launch_template_id) ON DELETE CASCADE,
    version_number     bigint NOT NULL,
    account_id         uuid NOT NULL REFERENCES cloud_accounts (id) ON DELETE CASCADE,
    region             text NOT NULL DEFAULT 'us-east-1',
    description        text,
    data               jsonb NOT NULL DEFAULT '{}',
    created_by         text,
    created_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (launch_template_id, version_number)
);
CREATE INDEX launch_template_versions_account ON launch_template_versions (account_id);
COMMENT ON TABLE launch_template_versions IS 'One immutable version of a launch template.';
COMMENT ON COLUMN launch_template_versions.data IS 'ResponseLaunchTemplateData as EC2 words it.';
