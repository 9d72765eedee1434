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
