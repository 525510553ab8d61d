{#- Compares an input that keeps no record with what the model saw of it last: by batch, by key, or as a whole. -#}
{% macro batched_compare(names, step, input) -%}
    {%- set columns = batched_columns(input.relation, input.reader or 'pg_temp._batched') -%}
    {%- set by_key = input.how == 'key' and batched_has_key(names, step, input.relation) -%}
    {%- set how = input.how if input.how != 'key' else 'key' if by_key else 'whole' -%}
    {%- set part = "'" ~ "'" -%}
    {%- if how == 'batch' -%}{%- set part = batched_start('i.' ~ adapter.quote(input.event_time), input.size) ~ '::text' -%}
    {%- elif how == 'key' -%}{%- set part = 'coalesce(cast(i.' ~ adapter.quote(names.by) ~ " as text), '')" -%}{%- endif -%}
    {#- Without batches or keys of its own, but with a reach: it tells how far something is known, so what it moves lies
        around the moment at which it moved last. -#}
    {%- set since = 'since ' ~ input.name -%}
    {%- set near = how == 'whole' and input.tells_until -%}
    {%- set moved_at = (step.known.seen.get(since) or step.known.as_of) if near and step.known else '' -%}
    {%- set label = input.name ~ ' ' ~ how ~ (' ' ~ input.size if how == 'batch' else '') ~ (' of ' ~ input.reader if input.reader else '') -%}
    {%- call statement('compare') -%}
        insert into _seen (input, part, digest)
        select {{ staged_literal(label) }}, part, sum(hash) + count(*)
        from (
            select {{ part }} as part, {{ batched_hash(columns, 'i') }} as hash from {{ input.relation }} as i
        ) as hashed
        group by part;
        {%- if not step.full %}

        insert into _touched (input, {{ 'part' if how != 'key' else 'key' }})
        select '{{ input.name }}',
            {% if how == 'batch' -%} {{ batched_reach('cast(part as timestamptz)', names, input) }}
            {%- elif how == 'key' -%} part
            {%- elif near -%}
            case when (select count(*) from (select from {{ input.relation }} limit 2) as two) > 1 then tstzrange(null, null)
            else tstzrange(
                date_trunc('{{ names.size }}', least('{{ moved_at }}'::timestamptz, {{ as_of() }}))
                    - interval '{{ input.back }} {{ names.size }}',
                null
            ) end
            {%- else -%} tstzrange(null, null) {%- endif %}
        from (select part, digest from _seen where input = {{ staged_literal(label) }}) as now
        full join (
            select part, digest from {{ names.inputs }}
            where model = '{{ names.model }}' and input = {{ staged_literal(label) }}
        ) as before using (part)
        where now.digest is distinct from before.digest
        {%- endif %}
    {%- endcall -%}
    {%- if near -%}
        {%- call statement('moved', fetch_result=true) -%}
            select {{ as_of() }}::text, (select digest from _seen where input = {{ staged_literal(label) }}) is distinct from (
                select digest from {{ names.inputs }}
                where model = '{{ names.model }}' and input = {{ staged_literal(label) }}
            )
        {%- endcall -%}
        {%- set row = load_result('moved').table.rows[0] -%}
        {%- do step.seen.update({since: row[0] if row[1] or not moved_at else moved_at}) -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether a relation has the column of `by`, with values that look as the model's do. -#}
{% macro batched_has_key(names, step, relation) -%}
    {%- set own = step.columns | selectattr('plain', 'equalto', names.by) | first -%}
    {%- set found = batched_columns(relation) | selectattr('plain', 'equalto', names.by) | list -%}
    {{ return(found | length > 0 and batched_looks(found[0].type) == batched_looks(own.type)) }}
{%- endmacro %}

{#- The event times of the model that a batch of an input reaches. -#}
{% macro batched_reach(batch, names, input) -%}
    case
        when not isfinite({{ batch }}) and {{ 'false' if input.forward == 'all' else 'true' }} then tstzrange({{ batch }}, {{ batch }}, '[]')
        when not isfinite({{ batch }}) or {{ batch }} not between '4700-01-01 BC' and '200000-01-01' then tstzrange(null, null)
        else tstzrange(
            date_trunc('{{ names.size }}', {{ batch }}) - interval '{{ input.back }} {{ names.size }}',
            {% if input.forward == 'all' -%} null
            {%- else -%}
            date_trunc('{{ names.size }}', {{ batch }} + interval '1 {{ input.size }}' - interval '1 microsecond')
                + interval '{{ input.forward + 1 }} {{ names.size }}'
            {%- endif %}
        )
    end
{%- endmacro %}
