SELECT "r"."id" AS "id",
  "c1"."day" AS "later"
FROM "store"."prepared"."deal" AS "r"
LEFT JOIN "aac_2_business_dates_later" AS "c1" ON "c1"."key" = 0 * 65536 + "r"."closed_on"
ORDER BY "id" NULLS LAST
