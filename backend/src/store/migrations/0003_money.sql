-- Records that are given back or contradict themselves, payments by POS, nonces for a let-go. SQLite changes a
-- table's checks only by writing it anew; foreign keys are off meanwhile and checked at the end.

CREATE TABLE new_recharge (
    id TEXT PRIMARY KEY,
    card TEXT NOT NULL REFERENCES card (number),
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('created', 'paid', 'loading', 'loaded', 'closed', 'refunding', 'refunded',
                                         'conflict')),
    -- The counter authorised at, or the one of the proof. The proof: the second of its CREDIT, what that left on
    -- the card, and what shows it. A refund may have one too.
    counter INTEGER,
    proved_second INTEGER,
    balance_after INTEGER,
    proved_by TEXT CHECK (proved_by IN ('tac', 'counter-and-log', 'decision')),
    -- The counter the record was loading at when the refund began; none: it was paid.
    refund_counter INTEGER,
    refund_not_before INTEGER,
    refund_sent_at INTEGER,
    created_counter INTEGER NOT NULL,
    balance_before INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    outlet TEXT NOT NULL REFERENCES outlet (code),
    operator TEXT NOT NULL REFERENCES operator (name),
    version INTEGER NOT NULL,
    CHECK ((counter IS NOT NULL) = (state = 'loading' OR proved_second IS NOT NULL)),
    CHECK (proved_second IS NOT NULL OR state NOT IN ('loaded', 'conflict')),
    CHECK (proved_second IS NULL OR state IN ('loaded', 'conflict', 'refunding', 'refunded')),
    CHECK ((balance_after IS NOT NULL) = (proved_second IS NOT NULL)),
    CHECK ((proved_by IS NOT NULL) = (proved_second IS NOT NULL)),
    CHECK ((refund_not_before IS NOT NULL) = (state IN ('refunding', 'refunded'))),
    CHECK (refund_counter IS NULL OR refund_not_before IS NOT NULL),
    CHECK (refund_sent_at IS NULL OR refund_not_before IS NOT NULL)
) STRICT;

INSERT INTO new_recharge (id, card, amount, state, counter, proved_second, balance_after, proved_by,
                          created_counter, balance_before, created_at, outlet, operator, version)
SELECT id, card, amount, state, counter, proved_second, balance_after, CASE WHEN state = 'loaded' THEN 'tac' END,
       created_counter, balance_before, created_at, outlet, operator, version
FROM recharge;

DROP TABLE recharge;
ALTER TABLE new_recharge RENAME TO recharge;

-- No card has money of two records on its way.
CREATE UNIQUE INDEX one_open_record ON recharge (card) WHERE state IN ('paid', 'loading', 'refunding');
-- Nothing is loaded twice at one counter.
CREATE UNIQUE INDEX one_load_per_counter ON recharge (card, counter) WHERE state = 'loaded';
CREATE INDEX recharge_of_card ON recharge (card, state);
CREATE INDEX recharge_of_operator ON recharge (operator, created_at);
CREATE INDEX recharge_unsettled ON recharge (created_at, id)
    WHERE state IN ('paid', 'loading', 'refunding', 'conflict');
CREATE INDEX recharge_by_log ON recharge (created_at, id) WHERE state = 'loaded' AND proved_by = 'counter-and-log';
CREATE INDEX recharge_loaded ON recharge (proved_second) WHERE state = 'loaded';

CREATE TABLE new_payment (
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

-- Cash was taken where its record was created, and lies in the drawer made for it.
INSERT INTO new_payment (recharge, kind, drawer, amount, operator, outlet, at)
SELECT payment.recharge, payment.kind, drawer.id, payment.amount, payment.operator, recharge.outlet, payment.at
FROM payment
JOIN recharge ON recharge.id = payment.recharge
JOIN drawer ON drawer.operator = payment.operator AND drawer.outlet = recharge.outlet;

DROP TABLE payment;
ALTER TABLE new_payment RENAME TO payment;

CREATE INDEX payment_at ON payment (at);

-- One alive per card. A nonce lives a minute: none is carried over.
DROP TABLE nonce;
CREATE TABLE nonce (
    card TEXT PRIMARY KEY REFERENCES card (number),
    terminal TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('preflight', 'let-go')),
    -- What a let-go is of: a record, and the second of its latest authorisation.
    recharge TEXT,
    second INTEGER,
    issued_at INTEGER NOT NULL,
    CHECK ((recharge IS NOT NULL) = (kind = 'let-go')),
    CHECK ((second IS NOT NULL) = (kind = 'let-go'))
) STRICT;
