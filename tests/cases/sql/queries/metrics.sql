WITH records AS (SELECT CASE WHEN ("r"."asked_at" > 1773144000000000) THEN (-1) ELSE CASE WHEN ("r"."asked_at" IS NULL) THEN (-1) ELSE CASE WHEN ("r"."asked_at" < 1772319600000000) THEN CASE WHEN ("r"."asked_at" < 1769900400000000) THEN NULL ELSE 0 END ELSE CASE WHEN ("r"."asked_at" < 1774994400000000) THEN 1 ELSE NULL END END END END AS "w",
  "r"."vip" AS "c0",
  "j1"."calendar" AS "c1",
  ("j2"."country" = 'DE') AS "c2",
  ("j2"."country" IS NULL) AS "c3",
  "r"."amount" AS "c4",
  ("r"."vip" IS NULL) AS "c5",
  (NOT ("r"."vip" IS NULL)) AS "c6"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "store"."prepared"."rep" AS "j1" ON "j1"."id" = "r"."rep"
LEFT JOIN "store"."prepared"."account" AS "j2" ON "j2"."id" = "r"."account" AND ("j2"."since" IS NULL OR "j2"."since" <= 20522)
WHERE (("r"."asked_at" IS NULL) OR ("r"."asked_at" >= 1769900400000000)))
SELECT GROUPING("r"."w", "r"."c0", "r"."c1") AS "grouping",
  "r"."w" AS "w",
  "r"."c0" AS "c0",
  "r"."c1" AS "c1",
  CAST(COALESCE(COUNT_IF("r"."c2"), 0) AS BIGINT) AS "a0",
  CAST(COALESCE(COUNT_IF("r"."c3"), 0) AS BIGINT) AS "a1",
  SUM("r"."c4") FILTER(WHERE "r"."c2") AS "a2",
  COUNT(*) AS "a3",
  CAST(COALESCE(COUNT_IF("r"."c5"), 0) AS BIGINT) AS "a4",
  CAST(COALESCE(COUNT_IF("r"."c0"), 0) AS BIGINT) AS "a5",
  CAST(COALESCE(COUNT_IF("r"."c6"), 0) AS BIGINT) AS "a6"
FROM "records" AS "r"
GROUP BY GROUPING SETS (("r"."w"), ("r"."w", "r"."c0"), ("r"."w", "r"."c1"))
