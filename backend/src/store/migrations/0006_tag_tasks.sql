-- Tasks of tags: where tags are, what was signed for them, to whom they belong; vehicles; chips to hand in.

ALTER TABLE tag ADD COLUMN system_length INTEGER NOT NULL DEFAULT 99 CHECK (system_length IN (27, 99));
ALTER TABLE tag ADD COLUMN issue_flag INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tag ADD COLUMN clears_flag INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tag ADD COLUMN activation_limit INTEGER NOT NULL DEFAULT 3;
-- None: the central stock.
ALTER TABLE tag ADD COLUMN outlet TEXT REFERENCES outlet (code);
ALTER TABLE tag ADD COLUMN signatures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tag ADD COLUMN signatures_allowed INTEGER NOT NULL DEFAULT 10;
ALTER TABLE tag ADD COLUMN activations INTEGER NOT NULL DEFAULT 0;
-- The task that issued it, or began to.
ALTER TABLE tag ADD COLUMN issue TEXT;
ALTER TABLE tag ADD COLUMN is_blank INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tag ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

UPDATE tag SET is_blank = 0 WHERE plate IS NOT NULL;

CREATE INDEX tag_of_outlet ON tag (outlet, status);

-- Measures in mm, masses in kg. A coach has wheels, axles, wheelbase and engine; any other vehicle has masses
-- and a VIN.
CREATE TABLE vehicle (
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    class INTEGER NOT NULL,
    user_type INTEGER NOT NULL,
    length INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    seats INTEGER NOT NULL,
    wheels INTEGER,
    axles INTEGER,
    wheelbase INTEGER,
    engine TEXT,
    permitted_load INTEGER,
    curb_mass INTEGER,
    gross_mass INTEGER,
    vin TEXT,
    PRIMARY KEY (plate, plate_colour),
    CHECK ((wheels IS NOT NULL) = (engine IS NOT NULL)),
    CHECK ((axles IS NOT NULL) = (engine IS NOT NULL)),
    CHECK ((wheelbase IS NOT NULL) = (engine IS NOT NULL)),
    CHECK ((vin IS NULL) = (engine IS NOT NULL)),
    CHECK ((permitted_load IS NOT NULL) = (vin IS NOT NULL)),
    CHECK ((curb_mass IS NOT NULL) = (vin IS NOT NULL)),
    CHECK (gross_mass IS NULL OR vin IS NOT NULL)
) STRICT;

CREATE TABLE tag_task (
    id TEXT PRIMARY KEY,
    work TEXT NOT NULL CHECK (work IN ('issue', 'activate', 'cancel')),
    -- The mode of an issue, the reason of a cancellation.
    how TEXT,
    card TEXT REFERENCES card (number),
    tag TEXT NOT NULL REFERENCES tag (serial),
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    vehicle_class INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'stopped')),
    -- The code of what stopped it.
    stopped TEXT,
    -- What the tag is to hold.
    vehicle_file TEXT,
    system_file TEXT NOT NULL,
    -- The reading that the next showing comes of.
    reading_random TEXT,
    reading_operator TEXT,
    reading_began_at INTEGER,
    -- What the last showing allows, and what it showed.
    shown_operator TEXT,
    shown_at INTEGER,
    shown_present INTEGER,
    shown_tampered INTEGER,
    shown_left TEXT,
    shown_vehicle TEXT,
    shown_system TEXT,
    operator TEXT NOT NULL REFERENCES operator (name),
    outlet TEXT NOT NULL REFERENCES outlet (code),
    opened_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK ((how IS NULL) = (work = 'activate')),
    CHECK ((stopped IS NOT NULL) = (state = 'stopped')),
    CHECK ((reading_operator IS NOT NULL) = (reading_random IS NOT NULL)),
    CHECK ((reading_began_at IS NOT NULL) = (reading_random IS NOT NULL)),
    CHECK ((shown_at IS NOT NULL) = (shown_operator IS NOT NULL)),
    CHECK ((shown_system IS NOT NULL) = (shown_operator IS NOT NULL))
) STRICT;

-- One open task per tag, per card, and per vehicle that gets a tag.
CREATE UNIQUE INDEX one_open_task_of_tag ON tag_task (tag) WHERE state = 'open';
CREATE UNIQUE INDEX one_open_task_of_card ON tag_task (card) WHERE state = 'open';
CREATE UNIQUE INDEX one_open_issue_of_vehicle ON tag_task (plate, plate_colour)
    WHERE state = 'open' AND work = 'issue';

-- Attempts to write a chip, and every file that was signed, before and after.
CREATE TABLE attempt (
    id TEXT PRIMARY KEY,
    -- `card NUMBER` or `tag SERIAL`.
    chip TEXT NOT NULL,
    task TEXT NOT NULL,
    outlet TEXT NOT NULL REFERENCES outlet (code),
    operator TEXT NOT NULL REFERENCES operator (name),
    opened_at INTEGER NOT NULL,
    parts TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('open', 'verified', 'torn', 'refused', 'mixed'))
) STRICT;

CREATE INDEX attempt_of_chip ON attempt (chip, opened_at);
CREATE UNIQUE INDEX one_open_attempt ON attempt (chip) WHERE outcome = 'open';

-- Card, tag and vehicle belong together, one of each.
CREATE TABLE pairing (
    id TEXT PRIMARY KEY,
    card TEXT REFERENCES card (number),
    tag TEXT NOT NULL REFERENCES tag (serial),
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_for TEXT CHECK (ended_for IN ('exchanged', 'replaced', 'cancelled')),
    CHECK ((ended_for IS NOT NULL) = (ended_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX one_pairing_of_card ON pairing (card) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_pairing_of_tag ON pairing (tag) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_pairing_of_vehicle ON pairing (plate, plate_colour) WHERE ended_at IS NULL;
CREATE INDEX pairing_of_card ON pairing (card, begun_at);

-- Tags that are in use belong to their vehicles. Where two say they are of one vehicle, neither is believed: they
-- are to be cancelled.
INSERT INTO pairing (id, tag, plate, plate_colour, begun_at)
SELECT 'stock ' || serial, serial, plate, plate_colour, 0 FROM tag
WHERE plate IS NOT NULL AND status IN ('normal', 'suspended') AND NOT EXISTS
    (SELECT 1 FROM tag AS other WHERE other.serial <> tag.serial AND other.plate = tag.plate
     AND other.plate_colour = tag.plate_colour AND other.status IN ('normal', 'suspended'));

-- Chips that somebody has to hand in.
CREATE TABLE hand_in (
    id TEXT PRIMARY KEY,
    chip TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('exchanged', 'forbids', 'failed', 'given-up')),
    operator TEXT NOT NULL REFERENCES operator (name),
    outlet TEXT NOT NULL REFERENCES outlet (code),
    at INTEGER NOT NULL,
    ticked_by TEXT REFERENCES operator (name),
    ticked_at INTEGER,
    CHECK ((ticked_at IS NOT NULL) = (ticked_by IS NOT NULL))
) STRICT;

CREATE INDEX hand_in_open ON hand_in (at, id) WHERE ticked_at IS NULL;
