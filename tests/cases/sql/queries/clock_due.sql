WITH due_items AS (SELECT "r"."w" AS "w",
  "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."used" AS "used",
  "r"."calendar" AS "calendar"
FROM "judged" AS "r"
WHERE ("r"."member" AND ("r"."w" IN (0, 1)) AND ("r"."stopped" IS NULL) AND (("r"."outcome" = 'open') OR ("r"."outcome" = 'late')) AND ("r"."used" >= 7200000000)))
SELECT "r"."w" AS "w",
  "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."used" AS "used",
  "r"."calendar" AS "calendar"
FROM "due_items" AS "r"
ORDER BY "w" NULLS LAST, "k0" NULLS LAST, "k1" NULLS LAST
