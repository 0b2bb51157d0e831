WITH items AS (SELECT "r"."org" AS "k0",
  "r"."number" AS "k1",
  "j1"."country" AS "d0",
  "r"."vip" AS "d1",
  ("j1"."country" = 'DE') AS "member",
  (NOT "r"."vip") AS "included",
  "r"."asked_at" AS "started",
  "r"."replied_at" AS "stopped",
  "n2"."number" AS "calendar"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "store"."prepared"."account" AS "j1" ON "j1"."id" = "r"."account" AND ("j1"."since" IS NULL OR "j1"."since" <= 20522)
LEFT JOIN "store"."prepared"."rep" AS "j2" ON "j2"."id" = "r"."rep"
LEFT JOIN "aac_calendars" AS "n2" ON "n2"."id" = "j2"."calendar"
WHERE (COALESCE(("j1"."country" = 'DE'), TRUE) AND COALESCE((NOT "r"."vip"), TRUE) AND (("r"."asked_at" IS NULL) OR ("r"."asked_at" >= 1769900400000000)))), timed AS (SELECT "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."d0" AS "d0",
  "r"."d1" AS "d1",
  "r"."member" AS "member",
  "r"."included" AS "included",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."calendar" AS "calendar",
  (("c1"."open_before" + GREATEST(0, LEAST(COALESCE("r"."stopped", 1773144000000000), "c1"."closes_1") - "c1"."opens_1") + GREATEST(0, LEAST(COALESCE("r"."stopped", 1773144000000000), "c1"."closes_2") - "c1"."opens_2")) - ("c2"."open_before" + GREATEST(0, LEAST("r"."started", "c2"."closes_1") - "c2"."opens_1") + GREATEST(0, LEAST("r"."started", "c2"."closes_2") - "c2"."opens_2"))) AS "used",
  (NOT ((("r"."started" >= "c2"."opens_1" AND "r"."started" < "c2"."closes_1") OR ("r"."started" >= "c2"."opens_2" AND "r"."started" < "c2"."closes_2")) OR ((COALESCE("r"."stopped", 1773144000000000) >= "c1"."opens_1" AND COALESCE("r"."stopped", 1773144000000000) < "c1"."closes_1") OR (COALESCE("r"."stopped", 1773144000000000) >= "c1"."opens_2" AND COALESCE("r"."stopped", 1773144000000000) < "c1"."closes_2")))) AS "outside_hours"
FROM "items" AS "r"
LEFT JOIN "aac_calendar_days" AS "c1" ON "c1"."key" = "r"."calendar" * 65536 + DIVIDE(COALESCE("r"."stopped", 1773144000000000), 86400000000)
LEFT JOIN "aac_calendar_days" AS "c2" ON "c2"."key" = "r"."calendar" * 65536 + DIVIDE("r"."started", 86400000000))
SELECT "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."d0" AS "d0",
  "r"."d1" AS "d1",
  "r"."member" AS "member",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."calendar" AS "calendar",
  "r"."used" AS "used",
  "r"."outside_hours" AS "outside_hours",
  CASE WHEN ("r"."started" IS NULL) THEN (-1) ELSE CASE WHEN ("r"."started" < 1772319600000000) THEN CASE WHEN ("r"."started" < 1769900400000000) THEN NULL ELSE 0 END ELSE CASE WHEN ("r"."started" < 1774994400000000) THEN 1 ELSE NULL END END END AS "w",
  CASE WHEN (("r"."included" IS NULL) OR ("r"."started" IS NULL) OR ("r"."used" IS NULL) OR ("r"."stopped" < "r"."started")) THEN CAST('unmeasurable' AS ENUM('unmeasurable', 'late', 'met', 'open')) WHEN ("r"."used" > 14400000000) THEN CAST('late' AS ENUM('unmeasurable', 'late', 'met', 'open')) WHEN (NOT ("r"."stopped" IS NULL)) THEN CAST('met' AS ENUM('unmeasurable', 'late', 'met', 'open')) ELSE CAST('open' AS ENUM('unmeasurable', 'late', 'met', 'open')) END AS "outcome"
FROM "timed" AS "r"
