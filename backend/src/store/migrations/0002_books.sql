-- Drawers, refunds, the counter book, decisions of two persons, the kill switch, and an audit trail in chains.
-- From here on no backend of before may run on the database: it would take money that lies in no drawer.

-- Up to where the counter book explains a card; whether it repeats its randoms; why and since when all stops.
ALTER TABLE card ADD COLUMN book INTEGER CHECK (book BETWEEN 0 AND 65535);
ALTER TABLE card ADD COLUMN weak_random INTEGER NOT NULL DEFAULT 0;
ALTER TABLE card ADD COLUMN stopped TEXT CHECK (stopped IN ('lost-load', 'old-counter', 'balance-rose'));
ALTER TABLE card ADD COLUMN stopped_at INTEGER CHECK ((stopped_at IS NOT NULL) = (stopped IS NOT NULL));

CREATE INDEX card_plate ON card (plate, plate_colour);
CREATE INDEX card_stopped ON card (number) WHERE stopped IS NOT NULL;

CREATE TABLE drawer (
    id TEXT PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operator (name),
    outlet TEXT NOT NULL REFERENCES outlet (code),
    opened_at INTEGER NOT NULL,
    float_fen INTEGER NOT NULL,
    taken INTEGER NOT NULL,
    given_back INTEGER NOT NULL,
    payments INTEGER NOT NULL,
    closed_at INTEGER,
    counted INTEGER,
    note TEXT,
    revision INTEGER NOT NULL,
    CHECK ((counted IS NOT NULL) = (closed_at IS NOT NULL)),
    CHECK (note IS NULL OR closed_at IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX one_open_drawer ON drawer (operator, outlet) WHERE closed_at IS NULL;
CREATE INDEX drawer_of ON drawer (operator, outlet, opened_at);
CREATE INDEX drawer_closed ON drawer (closed_at);

-- Cash that was taken before there were drawers lies in one that is closed, each operator's at each outlet.
INSERT INTO drawer (id, operator, outlet, opened_at, float_fen, taken, given_back, payments, closed_at, counted,
                    note, revision)
SELECT 'before ' || MIN(payment.recharge), payment.operator, recharge.outlet, MIN(payment.at), 0,
       CAST(SUM(payment.amount) AS BIGINT), 0, COUNT(*), MAX(payment.at), CAST(SUM(payment.amount) AS BIGINT),
       'taken before there were drawers', COUNT(*)
FROM payment JOIN recharge ON recharge.id = payment.recharge
GROUP BY payment.operator, recharge.outlet;

-- Of one POS terminal no two slips of a day are the same, whether money was taken or given back.
CREATE TABLE pos_slip (
    terminal TEXT NOT NULL,
    number TEXT NOT NULL,
    day TEXT NOT NULL,
    PRIMARY KEY (terminal, number, day)
) STRICT;

CREATE TABLE money_back (
    recharge TEXT PRIMARY KEY REFERENCES recharge (id),
    kind TEXT NOT NULL CHECK (kind IN ('cash', 'pos')),
    drawer TEXT REFERENCES drawer (id),
    pos_terminal TEXT,
    pos_number TEXT,
    pos_day TEXT,
    amount INTEGER NOT NULL CHECK (amount > 0),
    operator TEXT NOT NULL REFERENCES operator (name),
    outlet TEXT NOT NULL REFERENCES outlet (code),
    at INTEGER NOT NULL,
    FOREIGN KEY (pos_terminal, pos_number, pos_day) REFERENCES pos_slip (terminal, number, day),
    CHECK ((drawer IS NOT NULL) = (kind = 'cash')),
    CHECK ((pos_terminal IS NOT NULL) = (kind = 'pos')),
    CHECK ((pos_number IS NOT NULL) = (kind = 'pos')),
    CHECK ((pos_day IS NOT NULL) = (kind = 'pos'))
) STRICT;

CREATE INDEX money_back_at ON money_back (at);

-- A case is about one record, or about the card alone.
CREATE TABLE decision_case (
    id TEXT PRIMARY KEY,
    card TEXT NOT NULL REFERENCES card (number),
    recharge TEXT REFERENCES recharge (id),
    record_version INTEGER NOT NULL,
    question TEXT NOT NULL CHECK (question IN ('refund-without-card', 'call-loaded', 'lift-stop')),
    reason TEXT NOT NULL,
    operator TEXT NOT NULL REFERENCES operator (name),
    at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
    version INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_open_case ON decision_case (card, COALESCE(recharge, '')) WHERE state = 'open';
CREATE INDEX case_open ON decision_case (at, id) WHERE state = 'open';

-- One yes per person.
CREATE TABLE approval (
    case_id TEXT NOT NULL REFERENCES decision_case (id),
    operator TEXT NOT NULL REFERENCES operator (name),
    at INTEGER NOT NULL,
    PRIMARY KEY (case_id, operator)
) STRICT;

-- Who spent each value of a card's online counter, and what the card's log says about it.
CREATE TABLE counter_book (
    card TEXT NOT NULL REFERENCES card (number),
    counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 65535),
    spender TEXT NOT NULL CHECK (spender IN ('ours', 'foreign', 'lost', 'unknown', 'decided')),
    recharge TEXT REFERENCES recharge (id),
    case_id TEXT REFERENCES decision_case (id),
    lost_proved INTEGER,
    lost_balance INTEGER,
    said_amount INTEGER,
    said_terminal TEXT,
    said_second INTEGER,
    said_ours INTEGER,
    said_balance INTEGER,
    at INTEGER NOT NULL,
    PRIMARY KEY (card, counter),
    CHECK ((recharge IS NOT NULL) = (spender = 'ours')),
    CHECK ((case_id IS NOT NULL) = (spender = 'decided')),
    CHECK ((lost_proved IS NOT NULL) = (spender = 'lost')),
    CHECK (lost_balance IS NULL OR spender = 'lost'),
    CHECK ((said_terminal IS NOT NULL) = (said_amount IS NOT NULL)),
    CHECK ((said_ours IS NOT NULL) = (said_amount IS NOT NULL)),
    CHECK (said_second IS NULL OR said_amount IS NOT NULL),
    CHECK (said_balance IS NULL OR said_amount IS NOT NULL)
) STRICT;

-- What nobody has explained: few rows, of a card and of a day.
CREATE INDEX book_unexplained ON counter_book (card, counter) WHERE spender IN ('lost', 'unknown');
CREATE INDEX book_unexplained_at ON counter_book (at) WHERE spender IN ('lost', 'unknown');

-- The first INIT in which a card has shown a random.
CREATE TABLE seen_init (
    card TEXT NOT NULL REFERENCES card (number),
    random TEXT NOT NULL,
    amount INTEGER NOT NULL,
    terminal TEXT NOT NULL,
    balance INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    PRIMARY KEY (card, random)
) STRICT;

-- How many let-go nonces were given out at a counter.
CREATE TABLE let_go_offer (
    card TEXT NOT NULL REFERENCES card (number),
    counter INTEGER NOT NULL,
    offers INTEGER NOT NULL,
    PRIMARY KEY (card, counter)
) STRICT;

-- The kill switch. What was lifted stays, with who did so and when.
CREATE TABLE switch (
    id TEXT PRIMARY KEY,
    scope TEXT NOT NULL CHECK (scope IN ('province', 'banks', 'outlet', 'cards', 'key-index')),
    -- A province's network or an outlet's code.
    place TEXT,
    first_card TEXT,
    last_card TEXT,
    key_index INTEGER,
    reason TEXT NOT NULL,
    operator TEXT NOT NULL REFERENCES operator (name),
    at INTEGER NOT NULL,
    lifted_at INTEGER,
    lifted_by TEXT REFERENCES operator (name),
    CHECK ((place IS NOT NULL) = (scope IN ('province', 'outlet'))),
    CHECK ((first_card IS NOT NULL) = (scope = 'cards')),
    CHECK ((last_card IS NOT NULL) = (scope = 'cards')),
    CHECK ((key_index IS NOT NULL) = (scope = 'key-index')),
    CHECK ((lifted_by IS NOT NULL) = (lifted_at IS NOT NULL))
) STRICT;

CREATE INDEX switch_thrown ON switch (at, id) WHERE lifted_at IS NULL;

-- The audit trail from here on. The rows of `audit` stay there as its history: they were written without
-- hashes, and one computed now would vouch for nothing.
CREATE TABLE audit_line (
    -- A card's number, or `operator NAME`.
    chain TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number > 0),
    at INTEGER NOT NULL,
    operator TEXT NOT NULL,
    event TEXT NOT NULL,
    card TEXT,
    recharge TEXT,
    evidence TEXT NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (chain, number)
) STRICT;

CREATE INDEX audit_line_at ON audit_line (at);

CREATE TRIGGER audit_line_stays BEFORE DELETE ON audit_line
BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted'); END;
CREATE TRIGGER audit_line_stands BEFORE UPDATE ON audit_line
BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END;
