"""The types of PostgreSQL: edge values of each."""

VALUES = {
    "smallint": ["-32768"], "bigint": ["9223372036854775807"], "numeric": ["NaN", "Infinity", "1.10", "1e-200"],
    "numeric(10,2)": ["1.00"], "real": ["1e-38", "NaN", "-0"], "double precision": ["1e-300", "Infinity", "0.1"],
    "boolean": ["t"], "text": ["", "\t\\N\r\n", "é😀"], "varchar(5)": ["a  "], "char(5)": ["a"], '"char"': ["x"],
    "date": ["0044-03-15 BC", "infinity", "5874897-12-31"], "timestamp": ["0001-01-01 BC", "-infinity"],
    "timestamptz": ["2024-01-01 00:00:00.000001+14", "infinity"], "time": ["24:00:00"], "timetz": ["12:00:00+15:59"],
    "interval": ["1 day", "24:00:00", "-178000000 years"], "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
    "bytea": ["\\x00ff", ""], "json": ['{"a": 1, "a":  2}', "null"], "jsonb": ["1.10", '"x"', "null"],
    "money": ["-92233720368547758.08"], "inet": ["::1/64"], "cidr": ["10.0.0.0/8"], "macaddr": ["08:00:2b:01:02:03"],
    "bit(3)": ["101"], "varbit": ["1", ""], "oid": ["4294967295"], "point": ["(1,2)"], "polygon": ["((0,0),(1,1))"],
    "int4range": ["[1,5)", "empty"], "tsvector": ["a:1 b:2"], "tsquery": ["a & b"], "pg_lsn": ["16/B374D848"],
    "int[]": ["{}", "{{1,2},{3,NULL}}", "[2:3]={1,2}"], "text[]": ['{"",NULL,"a,b"}'], "numeric(5,1)[]": ["{1.0}"],
    "varchar(3)[]": ["{ab}"], "mood": ["ok"], "mood[]": ["{ok,sad}"], "positive": ["5"], "posted": ["1.10", "NaN"],
    "flag": ["t"], "tags": ['{"",NULL,"a,b"}'], "positive[]": ["{5}"], "cash": ["1"], "pair": ["(1,x)"],
    "money[]": ["{1}"],
}  # fmt: skip
TYPES = """create type mood as enum ('sad', 'ok'); create domain positive as int check (value > 0);
create domain amount as numeric(12, 2); create domain posted as amount;
create domain flag as boolean; create domain tags as text[]; create domain cash as money;
create type pair as (a int, b text)"""
