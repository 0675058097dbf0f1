UPDATE cases SET state = 'asleep', slept_at = 1760000000000000, wakes_at = 1790000000000000, alarm_at = 1790000000000000 WHERE state = 'waiting';
