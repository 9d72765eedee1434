-- What SQLite keeps in the file's header and name: how many scripts were run, and what for.
CREATE TABLE desk (
    the_only BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (the_only),
    scripts BIGINT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('real', 'demo'))
);

-- For triggers: what they guard stays as it is.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0];
END
$$;
