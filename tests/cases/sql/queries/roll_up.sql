SELECT "r"."id" AS "id",
  ("r"."closed_on" - "r"."closed_on") AS "v0",
  COALESCE("u1"."v0", 0) AS "v1",
  ("u1"."v1" IS NULL) AS "v2"
FROM "store"."prepared"."deal" AS "r"
LEFT JOIN (SELECT "r"."deal" AS "k",
  COUNT(*) AS "v0",
  MIN("r"."at") FILTER(WHERE "r"."human") AS "v1"
FROM "store"."prepared"."act" AS "r"
WHERE (NOT ("r"."deal" IS NULL))
GROUP BY "r"."deal") AS u1 ON "u1"."k" = "r"."id"
ORDER BY "id" NULLS LAST
