SELECT "r"."org" AS "org",
  "r"."number" AS "number",
  CASE WHEN ("r"."replied_at" >= "r"."asked_at") THEN (("c1"."open_before" + GREATEST(0, LEAST("r"."replied_at", "c1"."closes_1") - "c1"."opens_1") + GREATEST(0, LEAST("r"."replied_at", "c1"."closes_2") - "c1"."opens_2")) - ("c2"."open_before" + GREATEST(0, LEAST("r"."asked_at", "c2"."closes_1") - "c2"."opens_1") + GREATEST(0, LEAST("r"."asked_at", "c2"."closes_2") - "c2"."opens_2"))) ELSE NULL END AS "v0"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "aac_calendar_days" AS "c1" ON "c1"."key" = 1 * 65536 + DIVIDE("r"."replied_at", 86400000000)
LEFT JOIN "aac_calendar_days" AS "c2" ON "c2"."key" = 1 * 65536 + DIVIDE("r"."asked_at", 86400000000)
WHERE (NOT ("r"."replied_at" IS NULL))
ORDER BY "org" NULLS LAST, "number" NULLS LAST
