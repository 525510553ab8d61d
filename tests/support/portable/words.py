"""What only PostgreSQL knows, and what to write instead: operators, words, functions and types.

Every model runs on PostgreSQL and on Spark, and gives the same digests. Left out: the order of NULLs and of text in a
column, and local time (a column's type is not in the SQL); sums of decimals without a cast (the sum is the same, and a
contract or the next cast states its digits).
"""

JSON = "write {{ json_text('document', 'a.b') }}, or json_number, json_timestamp, json_date, json_boolean"
_PATTERN = "Spark has no such operator: write like, split_part(…), or {{ parse(…) }} for a format"
ARRAY = (
    "PostgreSQL's arrays are not Spark's: write `in (…)`, a row for each element, or {{ array_text(…) }} to show them"
)
_CLOCK = "each run has one present: write {{ as_of() }} for the moment, {{ as_of_date() }} for the date"
_TEXT = "a shape for the eye, which each engine writes otherwise: keep the value, or write concat_ws('', …)"
_FORMAT = "engines read formats otherwise: write {{ parse('column', 'date', format='DD.MM.YYYY') }}"
_CHANCE = "every run gives another: write a value that depends on the rows alone"
_ENGINE = "only PostgreSQL has it, and a mart must not depend on its catalog: leave it out"

OPERATORS = {
    "::": "write cast(… as …), with {{ sql_type('text') }} for a type that engines call otherwise",
    "||": "it is NULL where a part is NULL, and joins arrays and documents on PostgreSQL: write concat_ws('', …)",
    **dict.fromkeys(["->", "->>", "#>", "#>>", "#-", "@>", "<@", "?", "?|", "?&", "@?", "@@"], JSON),
    **dict.fromkeys(["~", "~*", "~~", "~~*", "similar to"], _PATTERN),
    "&&": ARRAY,
    "^": "Spark takes it for bits: write power(…)",
}

WORDS = {
    "collate": "Spark has other collations: write {{ byte_order('column') }}",
    **dict.fromkeys(
        ["int2", "int4", "int8", "bool"], "Spark has no such name: write smallint, integer, bigint or boolean"
    ),
    **dict.fromkeys(["current_date", "current_timestamp", "current_time", "localtime", "localtimestamp"], _CLOCK),
}

FUNCTIONS = {
    **dict.fromkeys(["now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday"], _CLOCK),
    "date_trunc": "its type differs: write {{ month_start('date') }}, {{ utc_date('moment') }}, {{ day_start(…) }}",
    "age": "write {{ days_between(…) }}, {{ months_between(…) }}, {{ hours_between(…) }} or {{ seconds_between(…) }}",
    "date_part": "write extract(year from …); for seconds {{ seconds_between(…) }}",
    "make_interval": "write {{ add_days(…) }}, {{ add_months(…) }} or {{ moment_plus_days(…) }}",
    "generate_series": "write {{ date_spine(…) }} or {{ month_spine(…) }}",
    "timezone": "write {{ utc_date('moment') }} or {{ day_start('date') }}",
    "concat": "PostgreSQL leaves NULLs out, Spark gives NULL: write concat_ws('', …)",
    **dict.fromkeys(["to_char", "format", "quote_literal", "quote_ident", "initcap"], _TEXT),
    **dict.fromkeys(["to_date", "to_timestamp", "to_number"], _FORMAT),
    **dict.fromkeys(["strpos"], "write position(… in …)"),
    **dict.fromkeys(["array_agg", "string_agg", "unnest", "array_to_string", "string_to_array", "cardinality"], ARRAY),
    **dict.fromkeys(["to_json", "to_jsonb", "row_to_json"], JSON),
    **dict.fromkeys(["current_setting", "to_regclass", "version", "nextval"], _ENGINE),
    **dict.fromkeys(["random", "gen_random_uuid"], _CHANCE),
}

# Families of functions by the beginning of their names.
FAMILIES = {
    "json": JSON,
    "array_": ARRAY,
    "pg_": _ENGINE,
    "txid_": _ENGINE,
    "has_": _ENGINE,
    "regexp_": "engines read patterns otherwise: write like, split_part(…), or {{ parse(…) }} for a format",
}

# Functions that both have by the same name and meaning: those of today's models were run on both, the others are by the
# manuals. One that stands nowhere on this page is to be tried first.
PORTABLE = {
    "abs", "any_value", "ascii", "avg", "bool_and", "bool_or", "btrim", "ceil", "ceiling", "char_length",
    "character_length", "chr", "coalesce", "concat_ws", "count", "cume_dist", "dense_rank", "every", "exp", "extract",
    "first_value", "floor", "greatest", "lag", "last_value", "lead", "least", "left", "length", "ln", "lower", "lpad",
    "ltrim", "make_date", "max", "md5", "min", "mod", "nth_value", "ntile", "nullif", "percent_rank",
    "percentile_cont", "percentile_disc", "position", "power", "rank", "repeat", "replace", "reverse", "right",
    "round", "row_number", "rpad", "rtrim", "sign", "split_part", "sqrt", "stddev", "stddev_pop", "stddev_samp",
    "substring", "sum", "translate", "trim", "upper", "var_pop", "var_samp", "variance",
}  # fmt: skip

# Types that both call so; numeric only with its digits.
TYPES = {"bigint", "boolean", "date", "int", "integer", "smallint", "numeric"}
# Types that the macro sql_type knows Spark's word for.
RENAMED = {"text", "varchar", "timestamp with time zone", "double precision", "real", "time"}
FIELDS = {"year", "quarter", "month", "day", "hour", "minute"}

# Macros that give a date, or a moment: a sign before or after them is PostgreSQL's arithmetic.
DATES = {"as_of_date", "utc_date", "month_start", "month_end", "add_days", "add_months", "json_date"}
MOMENTS = {"as_of", "day_start", "moment_plus_days", "json_timestamp", "known_at"}
