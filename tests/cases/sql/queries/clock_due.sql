SELECT "r"."k0" AS "k0",
  "r"."k1" AS "k1",
  "r"."started" AS "started",
  "r"."stopped" AS "stopped",
  "r"."used" AS "used",
  "r"."calendar" AS "calendar"
FROM "judged" AS "r"
WHERE ("r"."member" AND ("r"."w" = 0) AND ("r"."stopped" IS NULL) AND (("r"."outcome" = 'open') OR ("r"."outcome" = 'late')) AND ("r"."used" >= 7200000000))
ORDER BY "k0" NULLS LAST, "k1" NULLS LAST
