SELECT "r"."id" AS "id",
  "j2"."country" AS "v0",
  "j1"."won" AS "v1"
FROM "store"."prepared"."act" AS "r"
LEFT JOIN "store"."prepared"."deal" AS "j1" ON "j1"."id" = "r"."deal"
LEFT JOIN "store"."prepared"."account" AS "j2" ON "j2"."id" = "j1"."account" AND ("j2"."since" IS NULL OR "j2"."since" <= 20522)
ORDER BY "id" NULLS LAST
