SELECT "r"."it's ""odd""" AS "a ""b""", ("r"."it's ""odd""" IN ('it''s', '"quoted"', '''; DROP TABLE x; --')) AS "c",
  (-0.50) AS "d",
  NULL AS "e",
  TRUE AS "f"
FROM "store"."prepared"."lead" AS "r"
WHERE (NOT ("r"."it's ""odd""" IS NULL))
ORDER BY "a ""b""" NULLS LAST
