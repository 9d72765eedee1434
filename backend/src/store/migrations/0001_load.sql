-- Money is integer fen, moments are integer ms UTC. Card numbers, terminals and randoms are text:
-- upper-case hex, as they are printed and spoken.

CREATE TABLE outlet (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('own', 'bank'))
) STRICT;

CREATE TABLE terminal (
    number TEXT PRIMARY KEY,
    outlet TEXT NOT NULL REFERENCES outlet (code)
) STRICT;

CREATE TABLE operator (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('teller', 'supervisor', 'auditor')),
    outlet TEXT NOT NULL REFERENCES outlet (code),
    password TEXT NOT NULL
) STRICT;

-- By name, not by operator: a name nobody has is locked like any other.
CREATE TABLE sign_in (
    name TEXT PRIMARY KEY,
    failed INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    token BLOB PRIMARY KEY,
    operator TEXT NOT NULL REFERENCES operator (name),
    terminal TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    wrong_proofs INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE card (
    number TEXT PRIMARY KEY,
    kind INTEGER NOT NULL CHECK (kind IN (22, 23)),
    version INTEGER NOT NULL,
    start TEXT NOT NULL,
    expiry TEXT NOT NULL,
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    vehicle_class INTEGER NOT NULL,
    status TEXT NOT NULL,
    pin_form TEXT NOT NULL CHECK (pin_form IN ('ascii6', 'bcd3', 'none')),
    pin TEXT NOT NULL,
    issue_file_length INTEGER NOT NULL CHECK (issue_file_length IN (43, 50)),
    proof_counter TEXT NOT NULL,
    key_index INTEGER NOT NULL,
    refuses_one_fen INTEGER NOT NULL,
    refuses_odd_terminals INTEGER NOT NULL,
    proved_counter INTEGER NOT NULL CHECK (proved_counter BETWEEN 0 AND 65535),
    wrong_proofs INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL
) STRICT;

-- Personal data, apart from everything that counts money.
CREATE TABLE holder (
    card TEXT PRIMARY KEY REFERENCES card (number),
    name TEXT NOT NULL,
    id_type TEXT NOT NULL,
    id_number TEXT NOT NULL,
    phone TEXT NOT NULL
) STRICT;

-- One alive per card.
CREATE TABLE nonce (
    card TEXT PRIMARY KEY REFERENCES card (number),
    terminal TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('preflight')),
    issued_at INTEGER NOT NULL
) STRICT;

CREATE TABLE recharge (
    id TEXT PRIMARY KEY,
    card TEXT NOT NULL REFERENCES card (number),
    amount INTEGER NOT NULL CHECK (amount > 0),
    state TEXT NOT NULL CHECK (state IN ('created', 'paid', 'loading', 'loaded', 'closed')),
    -- The counter authorised at, then spent; the second of the CREDIT that was proved; what it left.
    counter INTEGER,
    proved_second INTEGER,
    balance_after INTEGER,
    created_counter INTEGER NOT NULL,
    balance_before INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    outlet TEXT NOT NULL REFERENCES outlet (code),
    operator TEXT NOT NULL REFERENCES operator (name),
    version INTEGER NOT NULL,
    CHECK ((counter IS NOT NULL) = (state IN ('loading', 'loaded'))),
    CHECK ((proved_second IS NOT NULL) = (state = 'loaded')),
    CHECK ((balance_after IS NOT NULL) = (state = 'loaded'))
) STRICT;

-- No card has money of two records on its way.
CREATE UNIQUE INDEX one_open_record ON recharge (card) WHERE state IN ('paid', 'loading');
CREATE UNIQUE INDEX one_loading_record ON recharge (card) WHERE state = 'loading';
-- Nothing is loaded twice at one counter.
CREATE UNIQUE INDEX one_load_per_counter ON recharge (card, counter) WHERE state = 'loaded';
CREATE INDEX recharge_of_card ON recharge (card, state);

CREATE TABLE payment (
    recharge TEXT PRIMARY KEY REFERENCES recharge (id),
    kind TEXT NOT NULL CHECK (kind IN ('cash')),
    amount INTEGER NOT NULL CHECK (amount > 0),
    operator TEXT NOT NULL REFERENCES operator (name),
    at INTEGER NOT NULL
) STRICT;

CREATE TABLE authorisation (
    card TEXT NOT NULL REFERENCES card (number),
    second INTEGER NOT NULL,
    recharge TEXT NOT NULL REFERENCES recharge (id),
    counter INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 65534),
    balance INTEGER NOT NULL,
    random TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    terminal TEXT NOT NULL,
    operator TEXT NOT NULL REFERENCES operator (name),
    -- One TAC fits one authorisation.
    PRIMARY KEY (card, second)
) STRICT;

CREATE INDEX authorisation_at ON authorisation (card, counter);
CREATE INDEX authorisation_of ON authorisation (recharge);

CREATE TRIGGER authorisation_stays BEFORE DELETE ON authorisation
BEGIN SELECT RAISE(ABORT, 'authorisations are never deleted'); END;
CREATE TRIGGER authorisation_stands BEFORE UPDATE ON authorisation
BEGIN SELECT RAISE(ABORT, 'authorisations are never changed'); END;

CREATE TABLE answer (
    key TEXT PRIMARY KEY,
    operator TEXT NOT NULL,
    route TEXT NOT NULL,
    body BLOB NOT NULL,
    answer TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    operator TEXT NOT NULL,
    event TEXT NOT NULL,
    card TEXT,
    recharge TEXT,
    evidence TEXT NOT NULL
) STRICT;

CREATE INDEX audit_of_card ON audit (card, id);

CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never deleted'); END;
CREATE TRIGGER audit_stands BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END;
