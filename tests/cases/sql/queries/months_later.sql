SELECT "r"."org" AS "org",
  "r"."number" AS "number",
  CASE WHEN "r"."asked_at" < "c1"."from_2" THEN "c1"."base_1" + "c1"."runs_1" * "r"."asked_at" WHEN "r"."asked_at" < "c1"."from_3" THEN "c1"."base_2" + "c1"."runs_2" * "r"."asked_at" WHEN "r"."asked_at" < "c1"."from_4" THEN "c1"."base_3" + "c1"."runs_3" * "r"."asked_at" WHEN "r"."asked_at" < "c1"."from_5" THEN "c1"."base_4" + "c1"."runs_4" * "r"."asked_at" WHEN "r"."asked_at" < "c1"."from_6" THEN "c1"."base_5" + "c1"."runs_5" * "r"."asked_at" ELSE "c1"."base_6" + "c1"."runs_6" * "r"."asked_at" END AS "later"
FROM "store"."prepared"."lead" AS "r"
LEFT JOIN "aac_1_months_later" AS "c1" ON "c1"."key" = 2 * 65536 + DIVIDE("r"."asked_at", 86400000000)
ORDER BY "org" NULLS LAST, "number" NULLS LAST
