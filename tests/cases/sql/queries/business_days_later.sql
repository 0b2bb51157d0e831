SELECT "r"."org" AS "org",
  "r"."number" AS "number",
  CASE WHEN "r"."asked_at" < "c3"."from_2" THEN "c3"."base_1" + "c3"."runs_1" * "r"."asked_at" WHEN "r"."asked_at" < "c3"."from_3" THEN "c3"."base_2" + "c3"."runs_2" * "r"."asked_at" WHEN "r"."asked_at" < "c3"."from_4" THEN "c3"."base_3" + "c3"."runs_3" * "r"."asked_at" WHEN "r"."asked_at" < "c3"."from_5" THEN "c3"."base_4" + "c3"."runs_4" * "r"."asked_at" WHEN "r"."asked_at" < "c3"."from_6" THEN "c3"."base_5" + "c3"."runs_5" * "r"."asked_at" ELSE "c3"."base_6" + "c3"."runs_6" * "r"."asked_at" END AS "later"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "store"."prepared"."rep" AS "j1" ON "j1"."id" = "r"."rep"
LEFT JOIN "aac_calendars" AS "n1" ON "n1"."id" = "j1"."calendar"
LEFT JOIN "aac_2_business_days_later" AS "c3" ON "c3"."key" = "n1"."number" * 65536 + DIVIDE("r"."asked_at", 86400000000)
ORDER BY "org" NULLS LAST, "number" NULLS LAST
