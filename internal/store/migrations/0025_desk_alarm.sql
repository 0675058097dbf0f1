-- What time alone does to a case: it becomes due soon, late, somebody else's.
ALTER TABLE cases ADD COLUMN alarm_at BIGINT NOT NULL DEFAULT 0; -- the next moment at which time alone changes it; 0: none
ALTER TABLE cases ADD COLUMN late     BIGINT NOT NULL DEFAULT 0; -- what was told of last: 0 nothing, 1 due soon, 2 late, 3 escalated
ALTER TABLE cases ADD COLUMN told_at  BIGINT NOT NULL DEFAULT 0; -- the moment for which that was told; 0: nothing was
CREATE INDEX cases_alarm ON cases (alarm_at) WHERE alarm_at > 0;
CREATE INDEX cases_told ON cases (told_at) WHERE told_at > 0;
UPDATE cases SET alarm_at = due_at WHERE state = 'open' AND due_at > 0;

ALTER TABLE answer_target ADD COLUMN warn_minutes     BIGINT NOT NULL DEFAULT 15; -- of service before it is due: it is due soon; 0: never
ALTER TABLE answer_target ADD COLUMN escalate_minutes BIGINT NOT NULL DEFAULT 0;  -- of service after it was due: somebody else's; 0: never
ALTER TABLE answer_target ADD COLUMN escalate_to      TEXT   NOT NULL DEFAULT ''; -- whose it is then, an agent; empty: it is only told
