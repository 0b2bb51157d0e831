WITH read AS (SELECT CASE WHEN NOT (("r"."odd" = '' OR (STARTS_WITH("r"."odd", ' ') AND TRIM("r"."odd") = '')) OR "r"."odd" IN ('%')) THEN "r"."odd" ELSE NULL END AS "odd",
  CASE WHEN REGEXP_MATCHES("r"."number", '^[0-9+\s-]*$') THEN TRY_CAST("r"."number" AS BIGINT) ELSE CASE WHEN TRY_CAST("r"."number" AS DECIMAL(38, 12)) = TRY_CAST(TRY_CAST("r"."number" AS DECIMAL(38, 12)) AS BIGINT) THEN TRY_CAST(TRY_CAST("r"."number" AS DECIMAL(38, 12)) AS BIGINT) ELSE NULL END END AS "n"
FROM READ_CSV(LIST_VALUE('@ROOT@/data/lead.csv'), columns = STRUCT_PACK("org" := 'VARCHAR', "number" := 'VARCHAR', "created_at" := 'VARCHAR', "account" := 'VARCHAR', "rep" := 'VARCHAR', "asked_at" := 'VARCHAR', "replied_at" := 'VARCHAR', "vip" := 'VARCHAR', "amount" := 'VARCHAR', "odd" := 'VARCHAR'), auto_detect = FALSE, header = TRUE, delim = ',', quote = '"', escape = '"', hive_partitioning = FALSE) AS r)
SELECT "r"."odd" AS "odd",
  "r"."n" AS "n"
FROM "read" AS "r"
WHERE (NOT ("r"."odd" IS NULL))
