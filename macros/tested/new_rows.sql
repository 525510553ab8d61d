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
    {%- if found.rows | length > 100 or found.rows and found.columns[1].values() | sum > (found.rows[0][2] or 0) / 5 -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set loads = [] -%}
    {%- for row in found.rows -%}{%- do loads.append(staged_literal(row[0])) -%}{%- endfor -%}
    {{ return('_load_id in (' ~ loads | join(', ') ~ ')' if loads else 'false') }}
{%- endmacro %}

{#- The rows of the batches of a batched model that were made anew since. A build that follows a published one is the
    only step since, so its number tells which. -#}
{% macro new_rows_of_batches(relation, node, since) -%}
    {%- set built = "select step from " ~ dev_prefix() ~ "ops.batched_models where model = '" ~ node.name ~ "' and built_at > cast('" ~ since ~ "' as timestamptz)" -%}
    {%- set batches = "from " ~ dev_prefix() ~ "ops.batches where model = '" ~ node.name ~ "' and changed >= (" ~ built ~ ")" -%}
    {%- set found = run_query(
        "select (select coalesce(sum(rows), 0) " ~ batches ~ "), sum(rows) from " ~ dev_prefix() ~ "ops.batches where model = '" ~ node.name ~ "'"
    ) -%}
    {%- set many = found.rows[0][0] > (found.rows[0][1] or 0) / 5 -%}
    {%- set size = node.config.batch_size | string | replace('BatchSize.', '') -%}
    {%- set start = batched_start(adapter.quote(node.config.event_time), size) -%}
    {{ return(none if many else start ~ ' in (select batch ' ~ batches ~ ')') }}
{%- endmacro %}
