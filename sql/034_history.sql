-- The history that an estate was promised, until it is written: a kill in the middle is made good.

ALTER TABLE virtual_clocks
    ADD COLUMN history_from  date,
    ADD COLUMN history_until date,
    ADD CHECK ((history_from IS NULL) = (history_until IS NULL) AND history_from <= history_until);
COMMENT ON COLUMN virtual_clocks.history_from IS
    'First day of a history that is being written; null: none is. Until it is whole, no tick.';
COMMENT ON COLUMN virtual_clocks.history_until IS 'Last day of a history that is being written.';
