-- How volumes are found: by their state, and by what they are attached to.

-- Whoever looks for volumes that nothing uses asks for one state of a region, page by page: the index
-- of pages alone had PostgreSQL read all volumes of the region for the tenth of them that are available.
CREATE INDEX volumes_of_state ON volumes (account_id, region, state, volume_id);

-- An instance is shown with its volumes, and known to be what it was by theirs, in the order of their
-- ids: a third of the time of a page went into sorting one or two volumes for each instance.
CREATE INDEX volumes_of_instance ON volumes (attached_instance_id, volume_id) WHERE attached_instance_id IS NOT NULL;
