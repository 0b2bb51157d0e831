SELECT GROUPING("r"."w", "r"."outcome", "r"."d0", "r"."d1") AS "grouping",
  "r"."w" AS "w",
  "r"."outcome" AS "outcome",
  "r"."d0" AS "d0",
  "r"."d1" AS "d1",
  CAST(COALESCE(COUNT_IF("r"."member"), 0) AS BIGINT) AS "items",
  CAST(COALESCE(COUNT_IF(("r"."member" AND ("r"."used" = 0) AND "r"."outside_hours")), 0) AS BIGINT) AS "outside_hours",
  CAST(COALESCE(COUNT_IF((("r"."member" IS NULL) AND (NOT ("r"."started" IS NULL)))), 0) AS BIGINT) AS "unknown",
  0 AS "in_doubt",
  CAST(COALESCE(COUNT_IF(("r"."member" AND ("r"."started" >= 1772578800000000))), 0) AS BIGINT) AS "recent"
FROM "judged" AS "r"
GROUP BY GROUPING SETS (("r"."w", "r"."outcome", "r"."d0"), ("r"."w", "r"."outcome", "r"."d1"))
