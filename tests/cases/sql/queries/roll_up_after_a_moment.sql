SELECT "r"."id" AS "id",
  CASE WHEN (NOT ("r"."closed_on" IS NULL)) THEN COALESCE("u1"."v0", 0) ELSE NULL END AS "v0"
FROM "store"."prepared"."deal" AS "r"
LEFT JOIN (SELECT "r"."deal" AS "k",
  CAST(COALESCE(COUNT_IF(("r"."on" >= "j1"."closed_on")), 0) AS BIGINT) AS "v0"
FROM "store"."prepared"."note" AS "r" JOIN "store"."prepared"."deal" AS "j1" ON "j1"."id" = "r"."deal"
WHERE (NOT ("r"."deal" IS NULL))
GROUP BY "r"."deal") AS u1 ON "u1"."k" = "r"."id"
ORDER BY "id" NULLS LAST
