SELECT "r"."id" AS "id",
  "r"."country" AS "v0"
FROM "store"."prepared"."account" AS "r"
WHERE (NOT ("r"."country" IN ('AT', 'CH'))) AND ("r"."since" IS NULL OR "r"."since" <= 20522)
ORDER BY "id" NULLS LAST
