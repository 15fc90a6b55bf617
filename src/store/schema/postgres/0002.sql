-- A kiosk that is cut off twice on a day does not know the second time to whom it gave numbers the
-- first time: those are carried over. A person may hold several numbers of such a series; staff see it.
DROP INDEX visits_live;
CREATE UNIQUE INDEX visits_live
    ON visits (person, service, day,
        (CASE WHEN position(':' IN series) > 0 THEN number ELSE series END))
    WHERE kind = 'service' AND state IN ('waiting', 'called', 'held');
