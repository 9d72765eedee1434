-- What `0003_money.sql` does, in place.

ALTER TABLE recharge
    DROP CONSTRAINT recharge_state_check,
    DROP CONSTRAINT recharge_check,
    DROP CONSTRAINT recharge_check1,
    DROP CONSTRAINT recharge_check2,
    ADD COLUMN proved_by TEXT COLLATE "C" CHECK (proved_by IN ('tac', 'counter-and-log', 'decision')),
    -- The counter the record was loading at when the refund began; none: it was paid.
    ADD COLUMN refund_counter BIGINT,
    ADD COLUMN refund_not_before BIGINT,
    ADD COLUMN refund_sent_at BIGINT;

UPDATE recharge SET proved_by = 'tac' WHERE state = 'loaded';

ALTER TABLE recharge
    ADD CHECK (state IN ('created', 'paid', 'loading', 'loaded', 'closed', 'refunding', 'refunded', 'conflict')),
    ADD CHECK ((counter IS NOT NULL) = (state = 'loading' OR proved_second IS NOT NULL)),
    ADD CHECK (proved_second IS NOT NULL OR state NOT IN ('loaded', 'conflict')),
    ADD CHECK (proved_second IS NULL OR state IN ('loaded', 'conflict', 'refunding', 'refunded')),
    ADD CHECK ((balance_after IS NOT NULL) = (proved_second IS NOT NULL)),
    ADD CHECK ((proved_by IS NOT NULL) = (proved_second IS NOT NULL)),
    ADD CHECK ((refund_not_before IS NOT NULL) = (state IN ('refunding', 'refunded'))),
    ADD CHECK (refund_counter IS NULL OR refund_not_before IS NOT NULL),
    ADD CHECK (refund_sent_at IS NULL OR refund_not_before IS NOT NULL);

-- No card has money of two records on its way.
DROP INDEX one_open_record, one_loading_record;
CREATE UNIQUE INDEX one_open_record ON recharge (card) WHERE state IN ('paid', 'loading', 'refunding');
CREATE INDEX recharge_of_operator ON recharge (operator, created_at);
CREATE INDEX recharge_unsettled ON recharge (created_at, id)
    WHERE state IN ('paid', 'loading', 'refunding', 'conflict');
CREATE INDEX recharge_by_log ON recharge (created_at, id) WHERE state = 'loaded' AND proved_by = 'counter-and-log';
CREATE INDEX recharge_loaded ON recharge (proved_second) WHERE state = 'loaded';

ALTER TABLE payment
    DROP CONSTRAINT payment_kind_check,
    ADD COLUMN drawer TEXT COLLATE "C" REFERENCES drawer (id),
    ADD COLUMN pos_terminal TEXT COLLATE "C",
    ADD COLUMN pos_number TEXT COLLATE "C",
    ADD COLUMN pos_day TEXT COLLATE "C",
    ADD COLUMN outlet TEXT COLLATE "C" REFERENCES outlet (code),
    ADD FOREIGN KEY (pos_terminal, pos_number, pos_day) REFERENCES pos_slip (terminal, number, day);

-- Cash was taken where its record was created, and lies in the drawer made for it.
UPDATE payment SET outlet = recharge.outlet, drawer = drawer.id
FROM recharge, drawer
WHERE recharge.id = payment.recharge AND drawer.operator = payment.operator AND drawer.outlet = recharge.outlet;

ALTER TABLE payment
    ALTER COLUMN outlet SET NOT NULL,
    ADD CHECK (kind IN ('cash', 'pos')),
    ADD CHECK ((drawer IS NOT NULL) = (kind = 'cash')),
    ADD CHECK ((pos_terminal IS NOT NULL) = (kind = 'pos')),
    ADD CHECK ((pos_number IS NOT NULL) = (kind = 'pos')),
    ADD CHECK ((pos_day IS NOT NULL) = (kind = 'pos'));

CREATE INDEX payment_at ON payment (at);

-- One alive per card. A nonce lives a minute: none is carried over.
DELETE FROM nonce;
ALTER TABLE nonce
    DROP CONSTRAINT nonce_kind_check,
    ADD COLUMN recharge TEXT COLLATE "C",
    ADD COLUMN second BIGINT,
    ADD CHECK (kind IN ('preflight', 'let-go')),
    ADD CHECK ((recharge IS NOT NULL) = (kind = 'let-go')),
    ADD CHECK ((second IS NOT NULL) = (kind = 'let-go'));
