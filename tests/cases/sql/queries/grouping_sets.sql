WITH leads AS (SELECT "r"."vip" AS "vip",
  "r"."org" AS "org",
  "r"."amount" AS "amount"
FROM "store"."prepared"."lead" AS "r"
WHERE ("r"."created_at" IS NULL OR "r"."created_at" <= 1773144000000000))
SELECT GROUPING("r"."vip", "r"."org") AS "grouping",
  "r"."vip" AS "vip",
  "r"."org" AS "org",
  COUNT(*) AS "n",
  MIN("r"."amount") FILTER(WHERE "r"."vip") AS "least"
FROM "leads" AS "r"
GROUP BY GROUPING SETS ((), ("r"."vip"), ("r"."org"))
