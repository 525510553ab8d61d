{#- SQL condition for the rows that a test must read in a run: those that came or changed since the last set was tested
    and published. None means: all rows. So it is by hand, in dev, in the nightly proof, where code changed, where the
    last set was not published, for a test that only warns or has a threshold, and where most rows are new anyway.

    Weir gives the moment since which (WEIR_TESTED_AT) where, and only where, every other row has passed the same test. -#}
{% macro new_rows(relation) -%}
    {%- set since = dbt_metadata_envs.get('WEIR_TESTED_AT') -%}
    {%- set strict = config.get('severity', 'ERROR') | upper == 'ERROR' and config.get('error_if', '!= 0') == '!= 0' -%}
    {%- set node = graph.nodes.get(model.attached_node) if model is mapping and execute else none -%}
    {%- if not (since and strict and node and tested_table(relation)) -%}
        {{ return(none) }}
    {%- endif -%}
    {%- if node.config.materialized == 'staged' -%}
        {{ return(new_rows_of_loads(relation, node, since)) }}
    {%- elif node.config.materialized == 'batched' -%}
        {{ return(new_rows_of_batches(relation, node, since)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- The rows of a staged model whose loads were staged since: the ledger knows them. -#}
{% macro new_rows_of_loads(relation, node, since) -%}
    {%- set found = run_query(
        "select load_id, sum(landed), (select reltuples from pg_class where oid = to_regclass(" ~ staged_literal(relation | string) ~ "))"
        ~ " from " ~ dev_prefix() ~ "ops.ledger where model = '" ~ node.name ~ "' and built_at > cast('" ~ since ~ "' as timestamptz) group by load_id"
    ) -%}
    {%- if found.rows | length > 100 or found.rows and found.columns[1].values() | sum > (found.rows[0][2] or 0) / 3 -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set loads = [] -%}
    {%- for row in found.rows -%}{%- do loads.append(staged_literal(row[0])) -%}{%- endfor -%}
    {{ return('_load_id in (' ~ loads | join(', ') ~ ')' if loads else 'false') }}
{%- endmacro %}

{#- The rows of the batches and keys of a batched model that came out different since. A build that follows a published
    one is the only step since, so its number tells which. -#}
{% macro new_rows_of_batches(relation, node, since) -%}
    {%- set ops, mine = dev_prefix() ~ 'ops', " where model = '" ~ node.name ~ "'" -%}
    {%- set built = "(select step from " ~ ops ~ ".batched_models" ~ mine ~ " and built_at > cast('" ~ since ~ "' as timestamptz))" -%}
    {%- set batches = "from " ~ ops ~ ".batches" ~ mine ~ " and whole >= " ~ built -%}
    {%- set found = run_query(
        "select (select coalesce(sum(rows), 0) " ~ batches ~ "), sum(rows), (select count(*) " ~ batches ~ "), "
        ~ "(select array_agg(key order by key)::text from " ~ ops ~ ".batch_keys" ~ mine ~ " and changed >= " ~ built ~ ") "
        ~ "from " ~ ops ~ ".batches" ~ mine
    ).rows[0] -%}
    {%- if found[0] > (found[1] or 0) / 3 -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set columns = batched_columns(relation | string) -%}
    {%- set time = columns | selectattr('plain', 'equalto', node.config.event_time) | first -%}
    {%- set parts = ['(' ~ new_rows_within(node, batches, time) ~ ')'] if found[2] else [] -%}
    {%- for column in columns if found[3] and column.plain == node.config.by -%}
        {%- do parts.append(batched_of_keys(namespace(keys=found[3]), column, alias='')) -%}
    {%- endfor -%}
    {{ return('(' ~ parts | join(' or ') ~ ')' if parts else 'false') }}
{%- endmacro %}

{#- The condition for the rows of these batches: as few ranges of the bare column that an index can serve, and exactly;
    whatever the time zone of the session. -#}
{% macro new_rows_within(node, batches, time) -%}
    {%- set column = time.name -%}
    {%- set size = node.config.batch_size | string | replace('BatchSize.', '') -%}
    {%- set start = "date_trunc('" ~ size ~ "', cast(" ~ column ~ " as timestamp)) at time zone 'UTC'" -%}
    {%- if time.type.endswith('with time zone') -%}
        {%- set start = "date_trunc('" ~ size ~ "', " ~ column ~ ", 'UTC')" -%}
    {%- endif -%}
    {%- set exact = 'coalesce(' ~ start ~ ", '-infinity') in (select batch " ~ batches ~ ')' -%}
    {#- The seven widest gaps part the ranges. A day more on each side: batches begin in UTC, a date has no zone. -#}
    {%- set found = run_query(
        "select (min(batch) - interval '1 day')::text, (max(batch) + interval '1 " ~ size ~ "' + interval '1 day')::text from ("
        ~ "select batch, count(*) filter (where width <= 7) over (order by batch) as island from ("
        ~ "select batch, row_number() over (order by gap desc nulls last) as width from ("
        ~ "select batch, batch - lag(batch) over (order by batch) as gap " ~ batches ~ " and isfinite(batch)"
        ~ ") as b) as g) as i group by island"
    ) -%}
    {%- set parts = [column ~ ' is null', column ~ " in ('-infinity', 'infinity')"] -%}
    {%- for row in found.rows -%}
        {%- do parts.append('(' ~ column ~ " >= '" ~ row[0] ~ "' and " ~ column ~ " < '" ~ row[1] ~ "')") -%}
    {%- endfor -%}
    {{ return('(' ~ parts | join(' or ') ~ ') and ' ~ exact) }}
{%- endmacro %}

{#- SQL condition for the new rows, where a row that is not new can't agree with one that is in all of these columns. None
    means all rows: where one could, too. -#}
{% macro new_rows_together(relation, columns) -%}
    {%- set node = graph.nodes.get(model.attached_node) if model is mapping and execute else none -%}
    {%- if not node or node.config.materialized != 'batched' -%}{{ return(none) }}{%- endif -%}
    {%- for column in [node.config.event_time, node.config.by] if column and column not in columns -%}
        {{ return(none) }}
    {%- endfor -%}
    {{ return(new_rows(relation)) }}
{%- endmacro %}
