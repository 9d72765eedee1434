-- Applications for cards, the channel they come through, and personal data that lie sealed.

-- Which bank's; none: an own outlet, or a bank's that takes no part in issuing cards.
ALTER TABLE outlet ADD COLUMN bank TEXT;

CREATE TABLE channel (
    name TEXT PRIMARY KEY,
    -- SHA-256 of its token.
    token BLOB NOT NULL UNIQUE,
    added_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- What a channel handed in at once, and what it was answered.
CREATE TABLE application_batch (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES channel (name),
    -- SHA-256 of it.
    body BLOB NOT NULL,
    at INTEGER NOT NULL,
    answer TEXT NOT NULL,
    UNIQUE (id, channel)
) STRICT;

CREATE UNIQUE INDEX one_batch_of_body ON application_batch (channel, body);

CREATE TABLE application (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL REFERENCES channel (name),
    batch TEXT NOT NULL,
    line INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- The channel's own.
    number TEXT NOT NULL,
    -- Mark of all that was handed in.
    content BLOB NOT NULL,
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    vehicle_class INTEGER NOT NULL,
    user_type INTEGER NOT NULL,
    card_type INTEGER NOT NULL,
    -- `own` where no bank is named.
    bank TEXT NOT NULL,
    -- Name, document and phone, sealed; and the marks by which they are found.
    person BLOB NOT NULL,
    id_mark BLOB NOT NULL,
    phone_mark BLOB NOT NULL,
    -- Its licence, JSON.
    vehicle TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'begun', 'issued', 'withdrawn')),
    locked_by TEXT REFERENCES operator (name),
    locked_until INTEGER,
    bank_card BLOB,
    bank_card_mark BLOB,
    card TEXT REFERENCES card (number),
    reopened_at INTEGER,
    version INTEGER NOT NULL,
    FOREIGN KEY (batch, channel) REFERENCES application_batch (id, channel),
    CHECK ((locked_until IS NOT NULL) = (locked_by IS NOT NULL)),
    CHECK ((bank_card_mark IS NOT NULL) = (bank_card IS NOT NULL)),
    CHECK ((card IS NOT NULL) = (state = 'issued'))
) STRICT;

CREATE UNIQUE INDEX one_application_of_number ON application (channel, number);
CREATE UNIQUE INDEX one_application_of_line ON application (batch, line);
-- In the order of the list: the newest first, those of one batch as they stood in it.
CREATE INDEX application_of_plate ON application (plate, plate_colour, at DESC, batch, line);
CREATE INDEX application_in_state ON application (bank, state, at DESC, batch, line);
CREATE INDEX application_unfinished ON application (bank, at DESC, batch, line) WHERE state IN ('open', 'begun');
CREATE INDEX application_of_id_number ON application (id_mark, at DESC, batch, line);
CREATE INDEX application_of_phone ON application (phone_mark, at DESC, batch, line);

CREATE TRIGGER application_stays BEFORE DELETE ON application
BEGIN SELECT RAISE(ABORT, 'applications are never deleted'); END;
CREATE TRIGGER application_origin_stands BEFORE UPDATE OF channel, batch, line, at, number, content ON application
BEGIN SELECT RAISE(ABORT, 'where an application came from never changes'); END;

-- Whose card it is, sealed. The rows of `holder` move here as soon as the backend has a key for them.
CREATE TABLE card_holder (
    card TEXT PRIMARY KEY REFERENCES card (number),
    person BLOB NOT NULL,
    id_mark BLOB NOT NULL,
    phone_mark BLOB NOT NULL
) STRICT;

-- In place of the list that comes with the backend.
CREATE TABLE bank_prefix (
    prefix TEXT PRIMARY KEY,
    bank TEXT NOT NULL
) STRICT;
