SELECT "r"."org" AS "org",
  "r"."number" AS "number",
  CASE WHEN ("r"."replied_at" >= "r"."asked_at") THEN (("c3"."open_before" + GREATEST(0, LEAST("r"."replied_at", "c3"."closes_1") - "c3"."opens_1") + GREATEST(0, LEAST("r"."replied_at", "c3"."closes_2") - "c3"."opens_2")) - ("c4"."open_before" + GREATEST(0, LEAST("r"."asked_at", "c4"."closes_1") - "c4"."opens_1") + GREATEST(0, LEAST("r"."asked_at", "c4"."closes_2") - "c4"."opens_2"))) ELSE NULL END AS "v0"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "store"."prepared"."rep" AS "j1" ON "j1"."id" = "r"."rep"
LEFT JOIN "aac_calendars" AS "n1" ON "n1"."id" = "j1"."calendar"
LEFT JOIN "aac_calendar_days" AS "c3" ON "c3"."key" = "n1"."number" * 65536 + DIVIDE("r"."replied_at", 86400000000)
LEFT JOIN "aac_calendar_days" AS "c4" ON "c4"."key" = "n1"."number" * 65536 + DIVIDE("r"."asked_at", 86400000000)
WHERE (NOT ("r"."replied_at" IS NULL))
ORDER BY "org" NULLS LAST, "number" NULLS LAST
