SELECT GROUPING("r"."w", "r"."d0", "r"."d1") AS "grouping",
  "r"."w" AS "w",
  "r"."d0" AS "d0",
  "r"."d1" AS "d1",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'unmeasurable'))) AS "unmeasurable",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'excused'))) AS "excused",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'met'))) AS "met",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'late'))) AS "late",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'open'))) AS "open",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'met') AND ("r"."used" = 0) AND "r"."outside_hours")) AS "outside_hours",
  COUNT(*) FILTER(WHERE (("r"."member" IS NULL) AND (NOT ("r"."started" IS NULL)))) AS "unknown",
  0 AS "in_doubt",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'met') AND "r"."recent")) AS "recent_met",
  COUNT(*) FILTER(WHERE ("r"."member" AND ("r"."outcome" = 'late') AND "r"."recent")) AS "recent_late"
FROM "judged" AS "r"
GROUP BY GROUPING SETS (("r"."w"), ("r"."w", "r"."d0"), ("r"."w", "r"."d1"))
