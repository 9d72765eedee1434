-- One card per vehicle, also where two are issued at the same moment.

-- The card that a vehicle was given last. Whoever gives it another one changes the row that was read.
CREATE TABLE vehicle_card (
    plate TEXT NOT NULL,
    plate_colour INTEGER NOT NULL,
    card TEXT NOT NULL REFERENCES card (number),
    PRIMARY KEY (plate, plate_colour)
) STRICT;

-- Of several cards of one vehicle, the one that began last.
INSERT INTO vehicle_card (plate, plate_colour, card)
SELECT plate, plate_colour, number FROM card AS given
WHERE is_issued = 1 AND NOT EXISTS (
    SELECT 1 FROM card AS later
    WHERE later.plate = given.plate AND later.plate_colour = given.plate_colour AND later.is_issued = 1
    AND (later.start > given.start OR later.start = given.start AND later.number > given.number)
);
