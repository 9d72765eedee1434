-- Tasks of cards: where cards are, what was signed for them, and how their files are written.

-- Before it is issued a card has no plate and no dates: empty texts and zeros.
ALTER TABLE card ADD COLUMN is_issued INTEGER NOT NULL DEFAULT 1;
-- None: the central stock, or issued elsewhere.
ALTER TABLE card ADD COLUMN outlet TEXT REFERENCES outlet (code);
ALTER TABLE card ADD COLUMN issuer TEXT NOT NULL DEFAULT 'B8CACBE062010001';
ALTER TABLE card ADD COLUMN user_type INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN holder_fill TEXT NOT NULL DEFAULT 'zero' CHECK (holder_fill IN ('zero', 'zero-then-ff'));
ALTER TABLE card ADD COLUMN validity_years INTEGER NOT NULL DEFAULT 10;
ALTER TABLE card ADD COLUMN signatures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN signatures_allowed INTEGER NOT NULL DEFAULT 10;
-- The task that issued it, or began to.
ALTER TABLE card ADD COLUMN issue TEXT;
-- Of a card that was issued elsewhere: file 0016 as it came in, a digest under a key.
ALTER TABLE card ADD COLUMN holder_mark TEXT;

CREATE INDEX card_of_outlet ON card (outlet, kind, status, is_issued);

CREATE TABLE card_task (
    id TEXT PRIMARY KEY,
    work TEXT NOT NULL CHECK (work IN ('issue', 'activate')),
    -- Of an issue: the application, and what happens to the card of before.
    application TEXT REFERENCES application (id),
    how TEXT CHECK (how IN ('new', 'exchange', 'replace')),
    card TEXT NOT NULL REFERENCES card (number),
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    vehicle_class INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'stopped')),
    -- The code of what stopped it.
    stopped TEXT,
    -- What the card is to hold: of file 0016, which names a person, a digest under a key.
    holder_mark TEXT,
    issue_file TEXT NOT NULL,
    -- The terminal number of the INIT by which the card proves that it is there.
    nonce_terminal TEXT,
    nonce_operator TEXT,
    nonce_issued_at INTEGER,
    -- What the last showing allows, and what it showed.
    shown_operator TEXT,
    shown_at INTEGER,
    shown_present INTEGER,
    shown_left TEXT,
    shown_holder TEXT,
    shown_issue TEXT,
    operator TEXT NOT NULL REFERENCES operator (name),
    outlet TEXT NOT NULL REFERENCES outlet (code),
    opened_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    CHECK ((application IS NOT NULL) = (work = 'issue')),
    CHECK ((how IS NOT NULL) = (work = 'issue')),
    CHECK ((stopped IS NOT NULL) = (state = 'stopped')),
    CHECK ((nonce_operator IS NOT NULL) = (nonce_terminal IS NOT NULL)),
    CHECK ((nonce_issued_at IS NOT NULL) = (nonce_terminal IS NOT NULL)),
    CHECK ((shown_at IS NOT NULL) = (shown_operator IS NOT NULL)),
    CHECK ((shown_issue IS NOT NULL) = (shown_operator IS NOT NULL))
) STRICT;

-- One open task per card, and per application.
CREATE UNIQUE INDEX one_open_card_task ON card_task (card) WHERE state = 'open';
CREATE UNIQUE INDEX one_open_task_of_application ON card_task (application) WHERE state = 'open';
CREATE INDEX card_task_of_application ON card_task (application, opened_at);
CREATE INDEX attempt_of_task ON attempt (task, opened_at);
CREATE INDEX card_issue ON card (issue) WHERE issue IS NOT NULL;

-- What cards of one issuer and version have in common: of a card from elsewhere there is no stock record.
CREATE TABLE card_model (
    issuer TEXT NOT NULL,
    version INTEGER NOT NULL,
    pin_form TEXT NOT NULL CHECK (pin_form IN ('ascii6', 'bcd3', 'none')),
    pin TEXT NOT NULL,
    issue_file_length INTEGER NOT NULL,
    proof_counter TEXT NOT NULL,
    key_index INTEGER NOT NULL,
    refuses_one_fen INTEGER NOT NULL,
    holder_fill TEXT NOT NULL CHECK (holder_fill IN ('zero', 'zero-then-ff')),
    validity_years INTEGER NOT NULL,
    PRIMARY KEY (issuer, version)
) STRICT;

-- The terminal number of the INIT by which a card that is not in the records proves that it is there.
CREATE TABLE take_in_offer (
    session BLOB PRIMARY KEY REFERENCES session (token) ON DELETE CASCADE,
    card TEXT NOT NULL,
    terminal TEXT NOT NULL,
    operator TEXT NOT NULL REFERENCES operator (name),
    issued_at INTEGER NOT NULL
) STRICT;
