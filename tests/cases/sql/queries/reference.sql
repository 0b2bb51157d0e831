SELECT "r"."org" AS "org",
  "r"."number" AS "number",
  ("j1"."country" = 'DE') AS "v0",
  ("j1"."country" = 'DE') AS "v1"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "store"."prepared"."account" AS "j1" ON "j1"."id" = "r"."account" AND ("j1"."since" IS NULL OR "j1"."since" <= 20522)
WHERE (("j1"."country" IS NULL) OR ("j1"."id" = 'x'))
ORDER BY "org" NULLS LAST, "number" NULLS LAST
