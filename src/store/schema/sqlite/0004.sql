-- The patient says that they go first, for a reason that no paper shows; staff judge.
ALTER TABLE visits ADD COLUMN asks_priority INTEGER NOT NULL DEFAULT 0;
