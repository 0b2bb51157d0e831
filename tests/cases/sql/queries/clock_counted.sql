SELECT GROUPING("r"."w", "r"."outcome", "r"."d0", "r"."d1") AS "grouping",
  "r"."w" AS "w",
  "r"."outcome" AS "outcome",
  "r"."d0" AS "d0",
  "r"."d1" AS "d1",
  COUNT(*) FILTER(WHERE "r"."member") AS "items",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."used" = 0) AND "r"."outside_hours")) AS "outside_hours",
  COUNT(*) FILTER(WHERE (("r"."member" IS NULL) AND (NOT ("r"."started" IS NULL)))) AS "unknown",
  0 AS "in_doubt",
  COUNT(*) FILTER(WHERE ("r"."member" AND "r"."recent")) AS "recent"
FROM "judged" AS "r"
GROUP BY GROUPING SETS (("r"."w", "r"."outcome", "r"."d0"), ("r"."w", "r"."outcome", "r"."d1"))
