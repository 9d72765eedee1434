-- Tags, and the reading of each that is under way.

CREATE TABLE tag (
    serial TEXT PRIMARY KEY,
    -- The number on its back, by which people know it.
    sn TEXT NOT NULL UNIQUE,
    issuer TEXT NOT NULL,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    signed TEXT,
    expiry TEXT,
    plate TEXT,
    plate_colour INTEGER,
    vehicle_class INTEGER,
    vehicle_length INTEGER NOT NULL CHECK (vehicle_length IN (59, 79)),
    truck_unit TEXT NOT NULL CHECK (truck_unit IN ('dm', 'mm')),
    des_key INTEGER NOT NULL,
    sm4_key INTEGER,
    chaining TEXT NOT NULL CHECK (chaining IN ('ecb', 'cbc')),
    random_returns INTEGER NOT NULL,
    CHECK ((signed IS NOT NULL) = (plate IS NOT NULL)),
    CHECK ((expiry IS NOT NULL) = (plate IS NOT NULL)),
    CHECK ((plate_colour IS NOT NULL) = (plate IS NOT NULL)),
    CHECK ((vehicle_class IS NOT NULL) = (plate IS NOT NULL))
) STRICT;

-- One alive per tag.
CREATE TABLE tag_reading (
    tag TEXT PRIMARY KEY REFERENCES tag (serial),
    random TEXT NOT NULL,
    operator TEXT NOT NULL REFERENCES operator (name),
    began_at INTEGER NOT NULL
) STRICT;
