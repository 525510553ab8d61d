"""What `ops.reads` says of the last days: marts and who reads them, what nobody reads, who reads personal data.

In: a connection, a number of days. Out: rows for tables. What an index could do is a guess: it looks at the columns by
which rows are chosen, and at the indexes that there are.
"""

from typing import Any

import psycopg

Rows = list[tuple[Any, ...]]

MARTS = """
select
    case t.schema_name when 'analytics' then '' else t.schema_name || '.' end || t.table_name as mart,
    sum(r.calls)::bigint, count(distinct r.login), string_agg(distinct r.role, ', ' order by r.role), max(r.at),
    percentile_cont(0.5) within group (order by r.ms), max(r.ms)
from ops.reads as r inner join ops.read_tables as t on r.question_id = t.question_id
where r.at > now() - make_interval(days => %(days)s) and t.schema_name in ('analytics', 'analytics_private')
group by t.schema_name, t.table_name order by 2 desc, 1"""
UNREAD = """
select c.relname::text,
    (
        select max(r.at) from ops.reads as r inner join ops.read_tables as t on r.question_id = t.question_id
        where t.schema_name in ('analytics', 'analytics_private') and t.table_name = c.relname
    )
from pg_class as c
where c.relnamespace = to_regnamespace('analytics') and c.relkind in ('r', 'p')
    and not exists (
        select from ops.reads as r inner join ops.read_tables as t on r.question_id = t.question_id
        where t.schema_name in ('analytics', 'analytics_private') and t.table_name = c.relname
            and r.at > now() - make_interval(days => %(days)s)
    )
order by 1"""
PERSONAL = """
select r.login, r.role, t.table_name, sum(r.calls)::bigint, max(r.at),
    case
        when bool_or(t.columns is null) then 'not known'
        else (
            select string_agg(distinct c, ', ' order by c) from ops.read_tables as o cross join unnest(o.columns) as c
            where o.schema_name = 'analytics_private' and o.table_name = t.table_name
                and o.question_id = any(array_agg(t.question_id))
        )
    end
from ops.reads as r inner join ops.read_tables as t on r.question_id = t.question_id
where r.at > now() - make_interval(days => %(days)s) and t.schema_name = 'analytics_private'
group by r.login, r.role, t.table_name order by 4 desc, 1, 3"""
READERS = """
select r.login, r.role, r.at::date, sum(r.calls)::bigint, percentile_cont(0.5) within group (order by r.ms), max(r.ms),
    string_agg(distinct nullif(r.application, ''), ', ' order by nullif(r.application, ''))
from ops.reads as r inner join ops.read_tables as t on r.question_id = t.question_id
where r.at > now() - make_interval(days => %(days)s) and t.table_name = %(mart)s
    and t.schema_name in ('analytics', 'analytics_private')
group by r.login, r.role, r.at::date order by 3 desc, 4 desc, 1"""
COLUMNS = """
select c, sum(r.calls)::bigint, count(distinct r.login)
from ops.reads as r inner join ops.read_tables as t on r.question_id = t.question_id
cross join unnest(t.columns) as c
where r.at > now() - make_interval(days => %(days)s) and t.table_name = %(mart)s
    and t.schema_name in ('analytics', 'analytics_private')
group by c order by 2 desc, 1"""
SLOWEST = """
select max(r.ms), percentile_cont(0.5) within group (order by r.ms), sum(r.calls)::bigint, q.statement, q.question_id
from ops.reads as r inner join ops.read_questions as q on r.question_id = q.question_id
where r.at > now() - make_interval(days => %(days)s) and q.is_read
    and exists (
        select from ops.read_tables as t
        where t.question_id = q.question_id and t.schema_name in ('analytics', 'analytics_private')
            and (%(mart)s::text is null or t.table_name = %(mart)s)
    )
group by q.question_id, q.statement order by 1 desc limit 5"""
# A column by which rows are chosen, that begins no index, of a table worth an index.
INDEXES = """
select case t.schema_name when 'analytics' then '' else t.schema_name || '.' end || t.table_name, f
from ops.read_tables as t
cross join unnest(t.filters) as f
inner join pg_class as c
    on c.relname = t.table_name and c.relnamespace = to_regnamespace(t.schema_name) and c.reltuples >= 1000
inner join pg_attribute as a on a.attrelid = c.oid and a.attname = f
where t.question_id = %s
    and not exists (select from pg_index as i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null)
order by 1, 2"""
COUNTS = """
select coalesce(sum(r.calls), 0)::bigint, count(*) filter (where r.refused is not null),
    coalesce(sum(r.calls) filter (where r.refused is null and q.statement is null), 0)::bigint, count(distinct r.login)
from ops.reads as r left join ops.read_questions as q on r.question_id = q.question_id
where r.at > now() - make_interval(days => %(days)s)"""


def rows(connection: psycopg.Connection, query: str, **values: Any) -> Rows:
    """The rows of one of the queries above."""
    return connection.execute(query.encode(), values).fetchall()


def guess_index(connection: psycopg.Connection, question: int) -> str:
    """The indexes that might help a question; empty where none comes to mind."""
    found = connection.execute(INDEXES.encode(), [question]).fetchall()
    return ", ".join(f"{table} ({column})" for table, column in found)
