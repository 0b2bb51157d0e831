SELECT "r"."id" AS "id",
  "r"."country" AS "v0"
FROM "store"."prepared"."account" AS "r"
WHERE (COALESCE("r"."country", '') IN ('AT', 'DE')) AND ("r"."since" IS NULL OR "r"."since" <= 20522)
ORDER BY "id" NULLS LAST
