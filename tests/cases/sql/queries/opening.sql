SELECT "r"."number" AS "n",
  (("r"."asked_at" >= "c1"."opens_1" AND "r"."asked_at" < "c1"."closes_1") OR ("r"."asked_at" >= "c1"."opens_2" AND "r"."asked_at" < "c1"."closes_2")) AS "o",
  (NOT (("c1"."open_before" + GREATEST(0, LEAST("r"."asked_at", "c1"."closes_1") - "c1"."opens_1") + GREATEST(0, LEAST("r"."asked_at", "c1"."closes_2") - "c1"."opens_2")) IS NULL)) AS "known"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "aac_calendar_days" AS "c1" ON "c1"."key" = 0 * 65536 + DIVIDE("r"."asked_at", 86400000000)
ORDER BY "n" NULLS LAST, "o" NULLS LAST
LIMIT 3
