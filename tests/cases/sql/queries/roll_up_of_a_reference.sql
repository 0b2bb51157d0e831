SELECT "r"."id" AS "id",
  CASE WHEN (NOT ("j1"."id" IS NULL)) THEN COALESCE("u1"."v0", 0) ELSE NULL END AS "v0"
FROM "store"."prepared"."deal" AS "r"
LEFT JOIN "store"."prepared"."account" AS "j1" ON "j1"."id" = "r"."account" AND ("j1"."since" IS NULL OR "j1"."since" <= 20522)
LEFT JOIN (SELECT "r"."account" AS "k",
  COUNT(*) AS "v0"
FROM "store"."prepared"."lead" AS "r"
WHERE (NOT ("r"."account" IS NULL))
GROUP BY "r"."account") AS u1 ON "u1"."k" = "j1"."id"
WHERE "r"."won"
ORDER BY "id" NULLS LAST
