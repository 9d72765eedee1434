-- Limits that hold when an operator sits at two PCs; and the age of what is swept.

-- Grows with every record the operator opens.
ALTER TABLE operator ADD COLUMN openings INTEGER NOT NULL DEFAULT 0;

-- When an answer was committed. Those of before count from the last thing that happened.
ALTER TABLE answer ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
UPDATE answer SET at = (SELECT COALESCE(MAX(at), 0) FROM audit_line);
CREATE INDEX answer_at ON answer (at);

CREATE INDEX session_opened ON session (opened_at);
