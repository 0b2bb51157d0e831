WITH leads AS (SELECT "r"."vip" AS "vip",
  "r"."org" AS "org",
  "r"."amount" AS "amount"
FROM "store"."prepared"."lead" AS "r")
SELECT GROUPING("r"."vip", "r"."org") AS "grouping",
  "r"."vip" AS "vip",
  "r"."org" AS "org",
  COUNT(*) AS "n",
  MIN("r"."amount") FILTER(WHERE "r"."vip") AS "least"
FROM "leads" AS "r"
GROUP BY GROUPING SETS ((), ("r"."vip"), ("r"."org"))
