-- Half-written tags are found by their vehicle, and a chip is on the hand-in list once.

CREATE INDEX tag_task_of_vehicle ON tag_task (plate, plate_colour);

-- The first line of a chip stays.
DELETE FROM hand_in WHERE ticked_at IS NULL AND EXISTS
    (SELECT 1 FROM hand_in AS other WHERE other.chip = hand_in.chip AND other.ticked_at IS NULL
     AND (other.at < hand_in.at OR (other.at = hand_in.at AND other.id < hand_in.id)));

CREATE UNIQUE INDEX one_open_hand_in ON hand_in (chip) WHERE ticked_at IS NULL;
