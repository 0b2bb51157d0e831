WITH late_items AS (SELECT "r"."w" AS "w",
  "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."used" AS "used",
  "r"."calendar" AS "calendar",
  ROW_NUMBER() OVER (PARTITION BY "r"."w"
ORDER BY "r"."k0" NULLS LAST, "r"."k1" NULLS LAST) AS "place"
FROM "judged" AS "r"
WHERE ("r"."member" AND ("r"."w" IN (0, 1)) AND ("r"."outcome" = 'late')))
SELECT "r"."w" AS "w",
  "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."used" AS "used",
  "r"."calendar" AS "calendar"
FROM "late_items" AS "r"
WHERE ("r"."place" <= 50)
ORDER BY "w" NULLS LAST, "k0" NULLS LAST, "k1" NULLS LAST
