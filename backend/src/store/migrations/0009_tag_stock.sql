-- Half-written tags are found by their vehicle.

CREATE INDEX tag_task_of_vehicle ON tag_task (plate, plate_colour);
