{#- Makes the whole table anew, beside the old one, and puts it in its place; views that read it stay. -#}
{% macro batched_whole(names, step) -%}
    {%- set made = api.Relation.create(database=this.database, schema=this.schema, identifier=this.identifier[:57] ~ '__made', type='table') -%}
    {%- set time = step.columns | selectattr('plain', 'equalto', names.event_time) | first -%}
    {%- call statement('main') -%}
        set local parallel_tuple_cost = 0.001;
        {{ create_table_as(False, made, sql) }}
    {%- endcall -%}
    {%- call statement('stays', fetch_result=true) -%}
        -- a table that views read stays where its shape is the same: a view may be somebody else's
        select
            {{ staged_shape_of(staged_literal(names.table)) }} = {{ staged_shape_of(staged_literal(made | string)) }}
            and exists (
                select from pg_depend as d inner join pg_rewrite as r on d.objid = r.oid and d.classid = 'pg_rewrite'::regclass
                where d.refobjid = to_regclass({{ staged_literal(names.table) }}) and r.ev_class <> d.refobjid
            )
    {%- endcall -%}
    {%- set stays = load_result('stays').table.rows[0][0] -%}
    {%- call statement('swap') -%}
        {%- if stays %}
        truncate {{ names.table }};
        {#- but those of constraints: the declaration may name others by now -#}
        {{ staged_drop_indexes(names, 'not exists (select from pg_constraint as c where c.conindid = i.indexrelid)') }};
        insert into {{ names.table }} select * from {{ made }};
        drop table {{ made }}
        {%- elif step.exists %}
        {{ staged_replace(names, 'alter table ' ~ made ~ ' rename to ' ~ adapter.quote(this.identifier)) }}
        {%- else %}
        alter table {{ made }} rename to {{ adapter.quote(this.identifier) }}
        {%- endif %}
    {%- endcall -%}
    {%- do create_indexes(this) -%}
    {%- do batched_indexes(names, step) -%}
    {%- set shape = batched_columns(names.table) -%}
    {%- call statement('log') -%}
        analyze {{ names.table }};
        delete from {{ names.key_log }} where model = '{{ names.model }}';
        update {{ names.batches }}
        set changed = {{ step.number }}, whole = {{ step.number }}, rows = 0, digest = 0
        where model = '{{ names.model }}';
        {%- if not flags.EMPTY %}

        insert into {{ names.batches }} as b (model, batch, changed, whole, rows, digest)
        select '{{ names.model }}', {{ batched_start('i.' ~ time.name, names.size) }} as batch, {{ step.number }}, {{ step.number }},
            count(*), sum({{ batched_hash(shape, 'i') }})
        from {{ names.table }} as i
        group by batch
        on conflict (model, batch) do update set rows = excluded.rows, digest = excluded.digest
        {%- endif %}
    {%- endcall -%}
{%- endmacro %}

{#- An index on the event time, and one on the key, unless the model has one that begins with it: without them a step
    would read the whole table to find its batches. -#}
{% macro batched_indexes(names, step) -%}
    {%- set first = [] -%}
    {%- for index in config.get('indexes', []) -%}{%- do first.append(index['columns'][0]) -%}{%- endfor -%}
    {%- for column in [names.event_time, names.by] if column and column not in first -%}
        {%- call statement('index') -%} create index on {{ names.table }} ({{ adapter.quote(column) }}) {%- endcall -%}
    {%- endfor -%}
{%- endmacro %}
